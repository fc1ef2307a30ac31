/**
 * Compares two keys as stores do: by their UTF-8 bytes. JavaScript's `<` compares UTF-16 units and disagrees beyond the basic
 * plane, where surrogates (D800–DFFF) sort before E000–FFFF although their characters come after.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
