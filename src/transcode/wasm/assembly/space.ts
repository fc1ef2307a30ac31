import { COLON, fail } from './state';

/** Behind white space. The zero bytes after the window stop it. */
@inline
export function space(p: usize): usize {
  return load<u8>(p) > 0x20 ? p : spaces(p);
}

/** Pretty-printed text: a line break and a run of blanks, 16 bytes at a time. */
function spaces(p: usize): usize {
  while (true) {
    const v = v128.load(p);
    const blank = v128.or(
      v128.or(i8x16.eq(v, i8x16.splat(0x20)), i8x16.eq(v, i8x16.splat(0x0a))),
      v128.or(i8x16.eq(v, i8x16.splat(0x0d)), i8x16.eq(v, i8x16.splat(0x09))),
    );
    const other = i8x16.bitmask(blank) ^ 0xffff;
    if (other != 0) return p + ctz(other);
    p += 16;
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
