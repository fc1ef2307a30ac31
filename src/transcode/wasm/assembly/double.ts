import { POWERS } from './powers.generated';
import { fail } from './state';

/** The double that was read last. It is exactly what a correct reader makes of the text, or `fail`. */
export let double: f64 = 0;

/** Powers of ten whose product or quotient with a 53-bit number rounds once (Clinger). */
const EXACT: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]);

/** The table of powers reaches from 10^-REACH to 10^REACH; numbers beyond are for the lenient path. */
const REACH: i32 = 64;

/** A JSON number. */
export function number(p: usize): usize {
  const start = p;
  const minus = load<u8>(p) == 0x2d;
  if (minus) p++;
  const first = p;
  let mantissa: u64 = 0;
  let digit = <u32>load<u8>(p) - 0x30;
  while (digit <= 9) {
    mantissa = mantissa * 10 + digit;
    digit = <u32>load<u8>(++p) - 0x30;
  }
  let count = <i32>(p - first);
  if (count == 0 || (count > 1 && load<u8>(first) == 0x30)) return fail(start);
  let exponent = 0;
  if (load<u8>(p) == 0x2e) {
    const point = ++p;
    digit = <u32>load<u8>(p) - 0x30;
    while (digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = <u32>load<u8>(++p) - 0x30;
    }
    exponent = <i32>(point - p);
    if (exponent == 0) return fail(start);
    count -= exponent;
  }
  if (count > 19 && significant(first, p) > 19) return fail(start);
  if ((load<u8>(p) | 0x20) == 0x65) {
    p++;
    const sign = load<u8>(p);
    if (sign == 0x2b || sign == 0x2d) p++;
    const power = p;
    let value = 0;
    digit = <u32>load<u8>(p) - 0x30;
    while (digit <= 9) {
      value = value * 10 + digit;
      digit = <u32>load<u8>(++p) - 0x30;
    }
    if (p == power || p - power > 4) return fail(start);
    exponent += sign == 0x2d ? -value : value;
  }
  return scale(mantissa, exponent, minus) ? p : fail(start);
}

/** How many digits stand in [p, end) from the first that is not zero. */
function significant(p: usize, end: usize): i32 {
  while (p < end && (load<u8>(p) == 0x30 || load<u8>(p) == 0x2e)) p++;
  let count = 0;
  for (; p < end; p++) if (load<u8>(p) != 0x2e) count++;
  return count;
}

/** Sets `double` to mantissa × 10^exponent, correctly rounded, or returns false. */
function scale(mantissa: u64, exponent: i32, minus: bool): bool {
  if (mantissa <= 0x20000000000000 && exponent >= -22 && exponent <= 22) {
    const exact = <f64>mantissa;
    const value = exponent < 0 ? exact / load<f64>(EXACT + (-exponent << 3)) : exact * load<f64>(EXACT + (exponent << 3));
    double = minus ? -value : value;
    return true;
  }
  if (mantissa == 0) {
    double = minus ? -0.0 : 0;
    return true;
  }
  return exponent >= -REACH && exponent <= REACH && eiselLemire(mantissa, exponent, minus);
}

let productLow: u64 = 0;

/** The upper half of a 128-bit product; the lower is left in `productLow`. */
function multiply(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const low = al * bl;
  const middle = ah * bl + (low >> 32);
  const other = al * bh + (middle & 0xffffffff);
  productLow = (other << 32) | (low & 0xffffffff);
  return ah * bh + (middle >> 32) + (other >> 32);
}

/** Eisel and Lemire: a 128-bit product decides all but the rare ambiguous cases, which it leaves to others. */
function eiselLemire(mantissa: u64, exponent: i32, minus: bool): bool {
  const zeros = clz(mantissa);
  mantissa <<= zeros;
  const entry = POWERS + ((exponent + REACH) << 4);
  const doublings: i32 = (217706 * exponent) >> 16;
  let power = <u64>(doublings + 64 + 1023) - zeros;
  let high = multiply(mantissa, load<u64>(entry, 8));
  let low = productLow;
  if ((high & 0x1ff) == 0x1ff && low + mantissa < mantissa) {
    const nextHigh = multiply(mantissa, load<u64>(entry));
    const merged = low + nextHigh;
    if (merged < low) high++;
    if ((high & 0x1ff) == 0x1ff && merged + 1 == 0 && productLow + mantissa < mantissa) return false;
    low = merged;
  }
  const top = high >> 63;
  let bits = high >> (top + 9);
  power -= 1 ^ top;
  if (low == 0 && (high & 0x1ff) == 0 && (bits & 3) == 1) return false;
  bits = (bits + (bits & 1)) >> 1;
  if (bits >> 53 != 0) {
    bits >>= 1;
    power++;
  }
  if (power - 1 >= 0x7fe) return false;
  double = reinterpret<f64>((<u64>minus << 63) | (power << 52) | (bits & 0xfffffffffffff));
  return true;
}
