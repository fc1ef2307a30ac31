import { close, reserved } from './frame';
import { BACKSLASH, fail, out, QUOTE, setOut } from './state';
import { ESCAPES, HEX } from './tables';

/** The bytes of a string that end a plain run: quote, backslash, control characters. */
@inline
export function special(v: v128): i32 {
  return i8x16.bitmask(
    v128.or(v128.or(i8x16.eq(v, i8x16.splat(QUOTE)), i8x16.eq(v, i8x16.splat(BACKSLASH))), i8x16.lt_u(v, i8x16.splat(0x20))),
  );
}

/**
 * Copies the string whose opening quote is at `p` as length and UTF-8. The host has checked that the window is UTF-8. Each step stores
 * 16 bytes before it looks at them; what is too much is overwritten.
 */
export function text(p: usize, slot: usize): usize {
  if (load<u8>(p) != QUOTE) return fail(p);
  p++;
  const start = out;
  const reserve = reserved(slot);
  let o = start + reserve;
  while (true) {
    const v = v128.load(p);
    v128.store(o, v);
    const mask = special(v);
    if (mask == 0) {
      p += 16;
      o += 16;
      continue;
    }
    const plain = ctz(mask);
    p += plain;
    o += plain;
    const c = load<u8>(p);
    if (c == BACKSLASH) {
      const e = load<u8>(p + 1);
      const simple = load<u8>(ESCAPES + e);
      if (simple != 0) {
        store<u8>(o++, simple);
        p += 2;
        continue;
      }
      if (e != 0x75) return fail(p);
      const unit = codeUnit(p + 2);
      p = unicode(p, unit, o);
      if (p == 0) return 0;
      o += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit - 0xd800 < 0x400 ? 4 : 3;
      continue;
    }
    if (c != QUOTE) return fail(p);
    break;
  }
  setOut(o);
  close(slot, start, reserve);
  return p + 1;
}

/** Four hex digits, or a number above 0xffff. */
function codeUnit(p: usize): u32 {
  const a = <u32>load<u8>(HEX + load<u8>(p));
  const b = <u32>load<u8>(HEX + load<u8>(p + 1));
  const c = <u32>load<u8>(HEX + load<u8>(p + 2));
  const d = <u32>load<u8>(HEX + load<u8>(p + 3));
  if ((a | b | c | d) > 15) return 0x10000;
  return (a << 12) | (b << 8) | (c << 4) | d;
}

/** Writes the character escaped at `p`, whose first code unit is `unit`. A lone surrogate is for the lenient path. */
function unicode(p: usize, unit: u32, o: usize): usize {
  if (unit < 0x80) {
    store<u8>(o, <u8>unit);
  } else if (unit < 0x800) {
    store<u8>(o, <u8>(0xc0 | (unit >> 6)));
    store<u8>(o, <u8>(0x80 | (unit & 0x3f)), 1);
  } else if (unit - 0xd800 >= 0x800) {
    if (unit > 0xffff) return fail(p);
    store<u8>(o, <u8>(0xe0 | (unit >> 12)));
    store<u8>(o, <u8>(0x80 | ((unit >> 6) & 0x3f)), 1);
    store<u8>(o, <u8>(0x80 | (unit & 0x3f)), 2);
  } else {
    if (unit >= 0xdc00 || load<u16>(p + 6) != 0x755c) return fail(p);
    const low = codeUnit(p + 8) - 0xdc00;
    if (low >= 0x400) return fail(p);
    const point = 0x10000 + ((unit - 0xd800) << 10) + low;
    store<u8>(o, <u8>(0xf0 | (point >> 18)));
    store<u8>(o, <u8>(0x80 | ((point >> 12) & 0x3f)), 1);
    store<u8>(o, <u8>(0x80 | ((point >> 6) & 0x3f)), 2);
    store<u8>(o, <u8>(0x80 | (point & 0x3f)), 3);
    return p + 12;
  }
  return p + 6;
}
