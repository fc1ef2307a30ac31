/** Memory that packs have used, for the next ones: what is made anew for each would be collected late, and pile up. */
const spare: Buffer[] = [];
const STEP = 1024 * 1024;
/** So many packs of 4 KB files are ferried at once by default. Of the largest ones two: what is kept is held by nobody's budget. */
const KEPT = 16 * STEP;

/** Memory of at least this size. Whatever is in it is of no meaning. */
export function borrow(size: number): Buffer {
  const at = spare.findIndex(({ length }) => length >= size);
  const [found] = at < 0 ? [] : spare.splice(at, 1);
  return found ?? Buffer.allocUnsafeSlow(Math.max(1, Math.ceil(size / STEP)) * STEP);
}

/** To be called when nobody writes into it or reads from it any more. */
export function giveBack(memory: Buffer): void {
  const kept = spare.reduce((sum, { length }) => sum + length, 0);
  if (kept + memory.length <= KEPT) spare.push(memory);
}
