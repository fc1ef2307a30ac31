/**
 * 64-bit integers from their decimal text, exactly: two unsigned 32-bit halves, never one double (near today's nanosecond times
 * doubles lie 256 ns apart). The last result stays in `parsed`, so that reading a time stamp allocates nothing.
 */
export const parsed = { high: 0, low: 0 };

const MINUS = 0x2d;
const PLUS = 0x2b;

/** Reads `bytes[from, to)`; false where that is no integer or none of the range. Exponents and `1.0` are fine. */
export function parseInteger(bytes: Uint8Array, from: number, to: number, signed: boolean): boolean {
  const negative = bytes[from] === MINUS;
  const start = negative || bytes[from] === PLUS ? from + 1 : from;
  const digits = to - start;
  if (digits < 1) return false;
  for (let i = start; i < to; i++) if (((bytes[i] as number) - 0x30) >>> 0 > 9) return parseScientific(bytes, start, to, negative, signed);
  let first = start;
  while (first < to - 1 && bytes[first] === 0x30) first++;
  if (to - first > 20) return false;
  const cut = Math.max(first, to - 9);
  return accumulate(decimal(bytes, first, cut), decimal(bytes, cut, to)) && settle(negative, signed);
}

function decimal(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i] as number) - 0x30;
  return value;
}

/** above × 10⁹ + below, with above < 10¹¹: 16-bit limbs keep every product below 2⁵³. */
function accumulate(above: number, below: number): boolean {
  const a0 = above % 65536;
  const rest = Math.floor(above / 65536);
  const a1 = rest % 65536;
  const p0 = a0 * 1e9 + below;
  const p1 = a1 * 1e9 + Math.floor(p0 / 65536);
  const p2 = Math.floor(rest / 65536) * 1e9 + Math.floor(p1 / 65536);
  if (p2 > 0xffffffff) return false;
  parsed.low = ((p1 % 65536) * 65536 + (p0 % 65536)) >>> 0;
  parsed.high = p2;
  return true;
}

/** Seconds since 1970 and nanoseconds of the second, as nanoseconds; false where that is before 1970 or beyond 64 bits. */
export function fromSeconds(seconds: number, nanos: number): boolean {
  return seconds >= 0 && seconds < 1e11 && accumulate(seconds, nanos);
}

/** Checks the range and applies the sign (two's complement). */
function settle(negative: boolean, signed: boolean): boolean {
  const { high, low } = parsed;
  if (!negative) return !signed || high < 0x80000000;
  if (high === 0 && low === 0) return true;
  if (!signed || high > 0x80000000 || (high === 0x80000000 && low !== 0)) return false;
  parsed.low = -low >>> 0;
  parsed.high = (~high + (low === 0 ? 1 : 0)) >>> 0;
  return true;
}

/** "1.5e18", "1e3", "1.0": rare, so a string and a BigInt do. */
function parseScientific(bytes: Uint8Array, from: number, to: number, negative: boolean, signed: boolean): boolean {
  if (to - from > 400) return false;
  const match = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,5}))?$/.exec(String.fromCharCode(...bytes.subarray(from, to)));
  if (!match) return false;
  const fraction = match[2] ?? '';
  const digits = `${match[1]}${fraction}`.replace(/^0+/, '');
  const shift = Number(match[3] ?? '0') - fraction.length;
  if (digits === '') return setInteger(0n) && settle(negative, signed);
  if (digits.length + shift > 20) return false;
  if (shift >= 0) return setInteger(BigInt(digits) * 10n ** BigInt(shift)) && settle(negative, signed);
  if (!/^0+$/.test(digits.slice(shift))) return false;
  const whole = digits.slice(0, shift);
  return whole !== '' && setInteger(BigInt(whole)) && settle(negative, signed);
}

function setInteger(value: bigint): boolean {
  if (value >= 1n << 64n) return false;
  parsed.high = Number(value >> 32n);
  parsed.low = Number(value & 0xffffffffn);
  return true;
}
