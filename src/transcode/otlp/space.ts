/** What may stand between documents. */
export const SPACE: ReadonlySet<number> = new Set([0x20, 0x0a, 0x0d, 0x09, 0x00]);
