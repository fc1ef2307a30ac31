import { COLON, fail } from './state';

/** Behind white space. The zero bytes after the window stop it. */
@inline
export function space(p: usize): usize {
  return load<u8>(p) > 0x20 ? p : spaces(p);
}

/** White space by its lower four bits: what is found in its place is white space. */
const BLANKS: usize = memory.data<u8>([0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x0a, 0, 0, 0x0d, 0, 0], 16);
const LOWER: usize = memory.data(16, 16);
memory.fill(LOWER, 0x0f, 16);

@inline
function blanks(v: v128, table: v128, lower: v128): i32 {
  return i8x16.bitmask(i8x16.eq(i8x16.swizzle(table, v128.and(v, lower)), v));
}

/** Pretty-printed text: a line break and a run of blanks, 32 bytes at a time. */
function spaces(p: usize): usize {
  const table = v128.load(BLANKS);
  const lower = v128.load(LOWER);
  while (true) {
    const other = ~(blanks(v128.load(p), table, lower) | (blanks(v128.load(p, 16), table, lower) << 16));
    if (other != 0) return p + <usize>ctz(other);
    p += 32;
  }
  return 0;
}

/** From behind a key to the first byte of its value. */
@inline
export function colon(p: usize): usize {
  if (load<u8>(p) != COLON) {
    p = space(p);
    if (load<u8>(p) != COLON) return fail(p);
  }
  return space(p + 1);
}
