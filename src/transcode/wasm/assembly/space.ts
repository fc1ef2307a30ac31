import { COLON, fail } from './state';

/** Behind white space. The zero bytes after the window stop it. */
@inline
export function space(p: usize): usize {
  return load<u8>(p) > 0x20 ? p : spaces(p);
}

/** White space by its lower four bits: what is found in its place is white space. */
@inline
function blanks(v: v128): i32 {
  const table = i8x16(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x0a, 0, 0, 0x0d, 0, 0);
  return i8x16.bitmask(i8x16.eq(i8x16.swizzle(table, v128.and(v, i8x16.splat(0x0f))), v));
}

/** Pretty-printed text: a line break and a run of blanks, 32 bytes at a time. */
function spaces(p: usize): usize {
  while (true) {
    const other = ~(blanks(v128.load(p)) | (blanks(v128.load(p, 16)) << 16));
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
