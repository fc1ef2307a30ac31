import { close, reserved } from './frame';
import { BACKSLASH, fail, out, QUOTE, setOut } from './state';
import { ESCAPES, HEX } from './tables';

/** The bytes of a string that end a plain run: quote, backslash, control characters. */
@inline
export function special(v: v128): i32 {
  return i8x16.bitmask(
    v128.or(v128.or(i8x16.eq(v, i8x16.splat(QUOTE)), i8x16.eq(v, i8x16.splat(BACKSLASH))), i8x16.le_u(v, i8x16.splat(0x1f))),
  );
}

/**
 * Copies the string whose opening quote is at `p` as length and UTF-8. The host has checked that the window is UTF-8. Bytes are stored
 * before they are looked at; what is too much is overwritten.
 */
export function text(p: usize, slot: usize): usize {
  if (load<u8>(p) != QUOTE) return fail(p);
  p++;
  const start = out;
  const reserve = reserved(slot);
  const o = start + reserve;
  const v0 = v128.load(p);
  const v1 = v128.load(p, 16);
  v128.store(o, v0);
  v128.store(o, v1, 16);
  const mask = special(v0) | (special(v1) << 16);
  const plain = ctz(mask);
  if (mask == 0) {
    p = long(p + 32, o + 32);
  } else if (load<u8>(p + plain) == QUOTE) {
    setOut(o + plain);
    close(slot, start, reserve);
    return p + plain + 1;
  } else {
    p = long(p, o);
  }
  if (p == 0) return 0;
  close(slot, start, reserve);
  return p + 1;
}

/**
 * A string of more than 32 bytes or with an escape, in blocks of 64 bytes: where its special bytes are is known before the first of them is
 * looked at, so that escapes which follow closely do not wait for one another. Returns the address of the closing quote.
 */
function long(p: usize, o: usize): usize {
  while (true) {
    const v0 = v128.load(p);
    const v1 = v128.load(p, 16);
    const v2 = v128.load(p, 32);
    const v3 = v128.load(p, 48);
    v128.store(o, v0);
    v128.store(o, v1, 16);
    v128.store(o, v2, 32);
    v128.store(o, v3, 48);
    const low = <u64>special(v0) | (<u64>special(v1) << 16);
    let mask = low | (<u64>special(v2) << 32) | (<u64>special(v3) << 48);
    if (mask == 0) {
      p += 64;
      o += 64;
      continue;
    }
    // What stands before the first special byte is in its place already.
    let i = ctz(mask);
    let at = p + <usize>i;
    o += <usize>i;
    let from: usize = 0;
    while (true) {
      const c = load<u8>(at);
      if (c != BACKSLASH) {
        setOut(o);
        return c == QUOTE ? at : fail(at);
      }
      const simple = load<u8>(ESCAPES + load<u8>(at + 1));
      if (simple != 0) {
        store<u8>(o++, simple);
        from = at + 2;
        mask &= <u64>-4 << i;
      } else {
        from = unicode(at, o);
        if (from == 0) return 0;
        o = out;
        mask &= from - p > 63 ? 0 : <u64>-1 << <u64>(from - p);
      }
      if (mask == 0) break;
      i = ctz(mask);
      at = p + <usize>i;
      o = copy(from, at, o);
    }
    if (from < p + 64) {
      o = copy(from, p + 64, o);
      p += 64;
    } else {
      p = from;
    }
  }
  return 0;
}

/** Copies at most 64 bytes and returns the address behind the copy. */
@inline
function copy(from: usize, to: usize, o: usize): usize {
  v128.store(o, v128.load(from));
  v128.store(o, v128.load(from, 16), 16);
  if (to - from > 32) {
    v128.store(o, v128.load(from, 32), 32);
    v128.store(o, v128.load(from, 48), 48);
  }
  return o + (to - from);
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

/** Writes the character escaped as \u at `p` to `o` and sets `out` behind it. A lone surrogate is for the lenient path. */
function unicode(p: usize, o: usize): usize {
  if (load<u8>(p, 1) != 0x75) return fail(p);
  const unit = codeUnit(p + 2);
  if (unit < 0x80) {
    store<u8>(o, <u8>unit);
    setOut(o + 1);
  } else if (unit < 0x800) {
    store<u8>(o, <u8>(0xc0 | (unit >> 6)));
    store<u8>(o, <u8>(0x80 | (unit & 0x3f)), 1);
    setOut(o + 2);
  } else if (unit - 0xd800 >= 0x800) {
    if (unit > 0xffff) return fail(p);
    store<u8>(o, <u8>(0xe0 | (unit >> 12)));
    store<u8>(o, <u8>(0x80 | ((unit >> 6) & 0x3f)), 1);
    store<u8>(o, <u8>(0x80 | (unit & 0x3f)), 2);
    setOut(o + 3);
  } else {
    if (unit >= 0xdc00 || load<u16>(p + 6) != 0x755c) return fail(p);
    const low = codeUnit(p + 8) - 0xdc00;
    if (low >= 0x400) return fail(p);
    const point = 0x10000 + ((unit - 0xd800) << 10) + low;
    store<u8>(o, <u8>(0xf0 | (point >> 18)));
    store<u8>(o, <u8>(0x80 | ((point >> 12) & 0x3f)), 1);
    store<u8>(o, <u8>(0x80 | ((point >> 6) & 0x3f)), 2);
    store<u8>(o, <u8>(0x80 | (point & 0x3f)), 3);
    setOut(o + 4);
    return p + 12;
  }
  return p + 6;
}
