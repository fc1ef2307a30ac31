import { fail, QUOTE } from './state';

/** What was read last: sign and magnitude. */
export let magnitude: u64 = 0;
export let negative: bool = false;

const ZEROS: u64 = 0x3030303030303030;

/** Eight digits of text at once: by Lemire, pairs, then fours, then eights. */
@inline
function eight(text: u64): u64 {
  const pairs = (text & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
  const fours = (pairs & 0x00ff00ff00ff00ff) * 6553601 >> 16;
  return (fours & 0x0000ffff0000ffff) * 42949672960001 >> 32;
}

@inline
function allDigits(text: u64): bool {
  return ((text & 0xf0f0f0f0f0f0f0f0) | (((text + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) == 0x3333333333333333;
}

/** A run of at most 19 digits without a leading zero, which always fits 64 bits. */
function digits(p: usize): usize {
  const start = p;
  let value: u64 = 0;
  if (load<u8>(p) == 0x30) {
    if (<u32>load<u8>(p, 1) - 0x30 <= 9) return fail(p);
    magnitude = 0;
    return p + 1;
  }
  while (p - start <= 8) {
    const word = load<u64>(p);
    if (!allDigits(word)) break;
    value = value * 100000000 + eight(word);
    p += 8;
  }
  let digit = <u32>load<u8>(p) - 0x30;
  while (digit <= 9) {
    value = value * 10 + digit;
    p++;
    digit = <u32>load<u8>(p) - 0x30;
  }
  if (p - start - 1 > 18) return fail(start);
  magnitude = value;
  return p;
}

/** The three digits that times of this century have behind 16 others, or a number above 999. */
@inline
function three(p: usize): u64 {
  const a = <u32>load<u8>(p) - 0x30;
  const b = <u32>load<u8>(p, 1) - 0x30;
  const c = <u32>load<u8>(p, 2) - 0x30;
  return a <= 9 && b <= 9 && c <= 9 ? a * 100 + b * 10 + c : 1000;
}

/** A time, mostly 19 digits in quotes. */
export function nanoseconds(p: usize): usize {
  const a = load<u64>(p, 1);
  const b = load<u64>(p, 9);
  const c = three(p + 17);
  if (load<u8>(p) == QUOTE && load<u8>(p, 20) == QUOTE && c < 1000 && allDigits(a) && allDigits(b) && load<u8>(p, 1) != 0x30) {
    magnitude = (eight(a) * 100000000 + eight(b)) * 1000 + c;
    return p + 21;
  }
  return unsigned(p, u64.MAX_VALUE);
}

/** A whole number, as a JSON number or in quotes. Fractions and exponents stop the caller, who expects a comma or the end. */
export function integer(p: usize): usize {
  const quoted = load<u8>(p) == QUOTE;
  if (quoted) p++;
  negative = load<u8>(p) == 0x2d;
  if (negative) p++;
  p = digits(p);
  if (p == 0) return 0;
  if (!quoted) return p;
  return load<u8>(p) == QUOTE ? p + 1 : fail(p);
}

/** A whole number of at most `most`, never below zero. */
@inline
export function unsigned(p: usize, most: u64): usize {
  const end = integer(p);
  if (end == 0) return 0;
  return negative || magnitude > most ? fail(p) : end;
}
