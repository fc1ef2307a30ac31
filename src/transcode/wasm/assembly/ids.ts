import { fail, out, QUOTE, setOut } from './state';
import { BASE64 } from './tables';

/** Whether the id that was read last is all zero. */
export let zero: bool = false;

/** Vectors of one byte each: a constant in the code is made anew wherever it is used. */
const ZERO_DIGIT: usize = memory.data(16, 16);
const TEN: usize = memory.data(16, 16);
const UPPER_BIT: usize = memory.data(16, 16);
const LETTER_BIT: usize = memory.data(16, 16);
const LETTER_A: usize = memory.data(16, 16);
const SIX: usize = memory.data(16, 16);
const PAIR: usize = memory.data(16, 16);
memory.fill(ZERO_DIGIT, 0x30, 16);
memory.fill(TEN, 10, 16);
memory.fill(UPPER_BIT, 0x80, 16);
memory.fill(LETTER_BIT, 0x20, 16);
memory.fill(LETTER_A, 0x61, 16);
memory.fill(SIX, 6, 16);
for (let i = 0; i < 16; i += 2) store<u16>(PAIR + i, 0x000f);

/** For each of 16 hex digits its value; anything else sets a bit of the upper half in some lane. */
@inline
function nibbles(v: v128): v128 {
  const ten = v128.load(TEN);
  const digit = i8x16.sub(v, v128.load(ZERO_DIGIT));
  const letter = i8x16.sub(v128.or(v, v128.load(LETTER_BIT)), v128.load(LETTER_A));
  const isDigit = i8x16.lt_u(digit, ten);
  const isLetter = i8x16.lt_u(letter, v128.load(SIX));
  const value = v128.bitselect(digit, i8x16.add(letter, ten), isDigit);
  return v128.or(value, v128.andnot(v128.load(UPPER_BIT), v128.or(isDigit, isLetter)));
}

@inline
function joined(nibbles: v128): v128 {
  return v128.or(i16x8.shl(v128.and(nibbles, v128.load(PAIR)), 4), i16x8.shr_u(nibbles, 8));
}

/** Writes 16 bytes from 32 hex digits in quotes, or from base64 of that length. */
export function traceId(p: usize): usize {
  if (load<u8>(p) != QUOTE) return fail(p);
  const high = nibbles(v128.load(p, 1));
  const low = nibbles(v128.load(p, 17));
  if (load<u8>(p, 33) != QUOTE || i8x16.bitmask(v128.or(high, low)) != 0) return base64Id(p, 16);
  const id = i8x16.narrow_i16x8_u(joined(high), joined(low));
  zero = !v128.any_true(id);
  v128.store(out, id);
  setOut(out + 16);
  return p + 34;
}

/** Writes 8 bytes from 16 hex digits in quotes, or from base64 of that length. */
export function spanId(p: usize): usize {
  if (load<u8>(p) != QUOTE) return fail(p);
  const digits = nibbles(v128.load(p, 1));
  if (load<u8>(p, 17) != QUOTE || i8x16.bitmask(digits) != 0) return base64Id(p, 8);
  const pairs = joined(digits);
  const id = v128.extract_lane<u64>(i8x16.narrow_i16x8_u(pairs, pairs), 0);
  zero = id == 0;
  store<u64>(out, id);
  setOut(out + 8);
  return p + 18;
}

/** Only the padded standard form; other alphabets and base64 of hex are for the lenient path. */
function base64Id(p: usize, size: usize): usize {
  const start = out;
  const end = base64(p);
  if (end == 0) return 0;
  if (out - start != size) return fail(p);
  const first = load<u64>(start);
  zero = (size == 8 ? first : first | load<u64>(start, 8)) == 0;
  return end;
}

/** Writes the bytes of a string of padded standard base64. */
export function base64(p: usize): usize {
  if (load<u8>(p) != QUOTE) return fail(p);
  let o = out;
  p++;
  while (true) {
    const a = <u32>load<u8>(BASE64 + load<u8>(p));
    if (a > 63) {
      if (load<u8>(p) != QUOTE) return fail(p);
      break;
    }
    const b = <u32>load<u8>(BASE64 + load<u8>(p, 1));
    const c = <u32>load<u8>(BASE64 + load<u8>(p, 2));
    const d = <u32>load<u8>(BASE64 + load<u8>(p, 3));
    if (b > 63) return fail(p);
    store<u8>(o, <u8>((a << 2) | (b >> 4)));
    if ((c | d) <= 63) {
      store<u8>(o, <u8>((b << 4) | (c >> 2)), 1);
      store<u8>(o, <u8>((c << 6) | d), 2);
      o += 3;
      p += 4;
      continue;
    }
    const padded = lastGroup(p, o, b, c);
    if (padded == 0) return fail(p);
    o += padded;
    p += 4;
    if (load<u8>(p) != QUOTE) return fail(p);
    break;
  }
  setOut(o);
  return p + 1;
}

/** The group with one or two `=` and no stray bits, as the number of its bytes; 0 when it is anything else. */
function lastGroup(p: usize, o: usize, b: u32, c: u32): usize {
  const pad: u8 = 0x3d;
  if (load<u8>(p, 3) != pad) return 0;
  if (load<u8>(p, 2) == pad) return (b & 15) == 0 ? 1 : 0;
  if (c > 63 || (c & 3) != 0) return 0;
  store<u8>(o, <u8>((b << 4) | (c >> 2)), 1);
  return 2;
}
