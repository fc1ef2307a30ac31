import { BACKSLASHES, bits, QUOTES } from './text';

/**
 * Passing over JSON without reading it, to find where an array ends: 64 bytes at a time, each a bit in masks of quotes, backslashes and
 * brackets (as simdjson does it). It can stop anywhere, even inside an escape, and go on with the next piece.
 */

let depth: i32 = 0;
/** All ones inside a string. */
let inside: u64 = 0;
/** 1 when the next byte is escaped. */
let escaped: u64 = 0;

/** Goes on inside so many open brackets, in a string or not, behind a backslash or not. */
export function skimFrom(brackets: i32, inString: bool, behind: bool): void {
  depth = brackets;
  inside = inString ? u64.MAX_VALUE : 0;
  escaped = behind ? 1 : 0;
}

export function skimDepth(): i32 {
  return depth;
}

export function skimInside(): bool {
  return inside != 0;
}

export function skimEscaped(): bool {
  return escaped != 0;
}

const EVEN: u64 = 0x5555555555555555;

/** The bytes that a backslash stands before; a backslash may itself be one of them. */
@inline
function behindBackslash(backslashes: u64): u64 {
  if (backslashes == 0) {
    const carried = escaped;
    escaped = 0;
    return carried;
  }
  const begins = backslashes & ~escaped;
  const follows = (begins << 1) | escaped;
  const odd = begins & ~EVEN & ~follows;
  const sum = odd + begins;
  escaped = u64(sum < odd);
  return (EVEN ^ (sum << 1)) & follows;
}

/** Each bit is the parity of the bits up to it: ones from an opening quote to before its closing one. */
@inline
function parity(quotes: u64): u64 {
  quotes ^= quotes << 1;
  quotes ^= quotes << 2;
  quotes ^= quotes << 4;
  quotes ^= quotes << 8;
  quotes ^= quotes << 16;
  return quotes ^ (quotes << 32);
}

/** Brackets and braces differ in one bit; with it set, they look like this, 16 times each. */
const BLANKS: usize = memory.data(16, 16);
const OPENS: usize = memory.data(16, 16);
const CLOSES: usize = memory.data(16, 16);
memory.fill(BLANKS, 0x20, 16);
memory.fill(OPENS, 0x7b, 16);
memory.fill(CLOSES, 0x7d, 16);

/** The address behind the bracket that closes the first one, or 0 when it is not in [p, end). */
export function skim(p: usize, end: usize): usize {
  const quote = v128.load(QUOTES);
  const backslash = v128.load(BACKSLASHES);
  const blank = v128.load(BLANKS);
  const open = v128.load(OPENS);
  const close = v128.load(CLOSES);
  for (; p + 64 <= end; p += 64) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    const quotes = bits(a, b, c, d, quote) & ~behindBackslash(bits(a, b, c, d, backslash));
    const within = parity(quotes) ^ inside;
    inside = <u64>(<i64>within >> 63);
    if (within == u64.MAX_VALUE) continue;
    const la = v128.or(a, blank);
    const lb = v128.or(b, blank);
    const lc = v128.or(c, blank);
    const ld = v128.or(d, blank);
    let opens = bits(la, lb, lc, ld, open) & ~within;
    let closes = bits(la, lb, lc, ld, close) & ~within;
    const closing = <i32>popcnt(closes);
    if (closing < depth) {
      depth += <i32>popcnt(opens) - closing;
      continue;
    }
    while (closes != 0) {
      const at = ctz(closes);
      const before = opens & ((<u64>1 << at) - 1);
      depth += <i32>popcnt(before) - 1;
      if (depth == 0) return p + <usize>at + 1;
      opens ^= before;
      closes &= closes - 1;
    }
    depth += <i32>popcnt(opens);
  }
  return rest(p, end);
}

/** The last bytes of a piece, one by one. */
function rest(p: usize, end: usize): usize {
  for (; p < end; p++) {
    const c = load<u8>(p);
    if (escaped != 0) {
      escaped = 0;
    } else if (inside != 0) {
      if (c == 0x5c) escaped = 1;
      else if (c == 0x22) inside = 0;
    } else if (c == 0x22) {
      inside = u64.MAX_VALUE;
    } else if ((c | 0x20) == 0x7b) {
      depth++;
    } else if ((c | 0x20) == 0x7d && --depth == 0) {
      return p + 1;
    }
  }
  return 0;
}
