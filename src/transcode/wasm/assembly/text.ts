import { close, reserved } from './frame';
import { BACKSLASH, fail, out, QUOTE, setOut } from './state';
import { ESCAPES, HEX } from './tables';

/**
 * Quote, backslash and the last control character, 16 times each. They are loaded before a loop: a constant would be made anew wherever it
 * is used, which takes as long as what is done with it.
 */
export const QUOTES: usize = memory.data(16, 16);
export const BACKSLASHES: usize = memory.data(16, 16);
const CONTROLS: usize = memory.data(16, 16);
memory.fill(QUOTES, QUOTE, 16);
memory.fill(BACKSLASHES, BACKSLASH, 16);
memory.fill(CONTROLS, 0x1f, 16);

/** The bytes of a string that end a plain run: quote, backslash, control characters. */
@inline
function specials(v: v128, quotes: v128, backslashes: v128, controls: v128): i32 {
  return i8x16.bitmask(v128.or(v128.or(i8x16.eq(v, quotes), i8x16.eq(v, backslashes)), i8x16.le_u(v, controls)));
}

/** The same, for whoever looks once. */
@inline
export function special(v: v128): i32 {
  return specials(v, v128.load(QUOTES), v128.load(BACKSLASHES), v128.load(CONTROLS));
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
  const quotes = v128.load(QUOTES);
  const backslashes = v128.load(BACKSLASHES);
  const controls = v128.load(CONTROLS);
  const mask = specials(v0, quotes, backslashes, controls) | (specials(v1, quotes, backslashes, controls) << 16);
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
 * A string of more than 32 bytes or with an escape, in blocks of 64 bytes. All simple escapes of a block are taken out at once, so that
 * where they are costs no branch. Returns the address of the closing quote.
 */
function long(p: usize, o: usize): usize {
  const quotes = v128.load(QUOTES);
  const backslashes = v128.load(BACKSLASHES);
  const controls = v128.load(CONTROLS);
  while (true) {
    const v0 = v128.load(p);
    const v1 = v128.load(p, 16);
    const v2 = v128.load(p, 32);
    const v3 = v128.load(p, 48);
    v128.store(o, v0);
    v128.store(o, v1, 16);
    v128.store(o, v2, 32);
    v128.store(o, v3, 48);
    const low = <u64>specials(v0, quotes, backslashes, controls) | (<u64>specials(v1, quotes, backslashes, controls) << 16);
    const mask = low | (<u64>specials(v2, quotes, backslashes, controls) << 32) | (<u64>specials(v3, quotes, backslashes, controls) << 48);
    if (mask == 0) {
      p += 64;
      o += 64;
      continue;
    }
    const first = <usize>ctz(mask);
    const c = load<u8>(p + first);
    if (c != BACKSLASH) {
      setOut(o + first);
      return c == QUOTE ? p + first : fail(p + first);
    }
    if (load<u8>(p + first, 1) == 0x75) {
      p += first;
      o += first;
    } else if (popcnt(mask) <= FEW) {
      p = oneByOne(p, o, mask);
      if (p == 0) return 0;
      o = out;
    } else {
      p = allAtOnce(p, o, mask, bits(v0, v1, v2, v3, backslashes), bits(v0, v1, v2, v3, quotes));
      if (p == 0) return 0;
      o = out;
    }
    while (load<u16>(p) == 0x755c) {
      p = unicode(p, o);
      if (p == 0) return 0;
      o = out;
    }
    if (load<u8>(p) == QUOTE) {
      setOut(o);
      return p;
    }
  }
  return 0;
}

/** Where four vectors have the bytes of another one. */
@inline
export function bits(a: v128, b: v128, c: v128, d: v128, wanted: v128): u64 {
  const low = <u64>i8x16.bitmask(i8x16.eq(a, wanted)) | (<u64>i8x16.bitmask(i8x16.eq(b, wanted)) << 16);
  return low | (<u64>i8x16.bitmask(i8x16.eq(c, wanted)) << 32) | (<u64>i8x16.bitmask(i8x16.eq(d, wanted)) << 48);
}

/** Up to so many escapes in a block are faster read one by one. */
const FEW: u64 = 4;

/** Copies a block of a string and reads its escapes. Returns the address it got to, as `allAtOnce` does. */
@inline
function oneByOne(p: usize, o: usize, special: u64): usize {
  let from = p;
  while (special != 0) {
    const i = ctz(special);
    const at = p + <usize>i;
    o = copy(from, at, o);
    const simple = load<u8>(at) == BACKSLASH ? load<u8>(ESCAPES + load<u8>(at, 1)) : 0;
    if (simple == 0) {
      setOut(o);
      return load<u8>(at) == BACKSLASH && load<u8>(at, 1) != 0x75 ? fail(at) : at;
    }
    store<u8>(o++, simple);
    from = at + 2;
    special &= <u64>-4 << i;
  }
  if (from > p + 64) {
    setOut(o);
    return from;
  }
  setOut(copy(from, p + 64, o));
  return p + 64;
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

/** For each mask of bytes to leave out of eight, where the others are. */
const KEPT: usize = memory.data(2048, 16);

for (let mask = 0; mask < 256; mask++) {
  let kept: usize = 0;
  for (let i = 0; i < 8; i++) if (((mask >> i) & 1) == 0) store<u8>(KEPT + (<usize>mask << 3) + kept++, <u8>i);
}

const EVEN: u64 = 0x5555555555555555;

/**
 * Copies a block of a string without the backslashes that begin an escape: up to what ends the string, up to a \u, or up to an escape that
 * goes on behind the block. Returns the address it got to, and sets `out`.
 */
@inline
function allAtOnce(p: usize, o: usize, special: u64, backslashes: u64, quotes: u64): usize {
  // In a row of backslashes every second one is escaped itself: a carry runs through the rows that begin at odd places (simdjson).
  const follows = backslashes << 1;
  const odd = backslashes & ~EVEN & ~follows;
  const escaped = (EVEN ^ ((odd + backslashes) << 1)) & follows;
  let begins = backslashes & ~escaped;
  const ends = special & ~backslashes & ~escaped;
  let length: u64 = 64;
  // Branches where arithmetic would do: where the next block begins must not wait for what is in this one.
  if (ends != 0) length = ctz(ends);
  else if (<i64>begins < 0) length = 63;
  const within = <u64>-1 >> (64 - length);
  begins &= within;
  squeeze(p, o, begins, 0);
  squeeze(p, o, begins, 8);
  squeeze(p, o, begins, 16);
  squeeze(p, o, begins, 24);
  squeeze(p, o, begins, 32);
  squeeze(p, o, begins, 40);
  squeeze(p, o, begins, 48);
  squeeze(p, o, begins, 56);
  // Escaped quotes and backslashes are in their place. Other letters stand for something else.
  for (let letters = escaped & within & ~(backslashes | quotes); letters != 0; letters &= letters - 1) {
    const i = ctz(letters);
    const at = p + <usize>i;
    const to = o + <usize>(i - popcnt(begins & ((<u64>1 << i) - 1)));
    const simple = load<u8>(ESCAPES + load<u8>(at));
    if (simple == 0) {
      setOut(to);
      return load<u8>(at) == 0x75 ? at - 1 : fail(at - 1);
    }
    store<u8>(to, simple);
  }
  setOut(o + <usize>(length - popcnt(begins)));
  if (length == 64) return p + 64;
  return p + <usize>length;
}

/** Copies the eight bytes from `at` on without those that are set in `left`. */
@inline
function squeeze(p: usize, o: usize, left: u64, at: u64): void {
  const mask = <usize>((left >> at) & 0xff);
  const before = popcnt(left & ((<u64>1 << at) - 1));
  const kept = i8x16.swizzle(v128.load_zero<u64>(p + <usize>at), v128.load_zero<u64>(KEPT + (mask << 3)));
  v128.store_lane<u64>(o + <usize>(at - before), kept, 0);
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
