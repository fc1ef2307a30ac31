import { number } from './double';
import { colon, space } from './space';
import { BACKSLASH, CLOSE, CLOSE_LIST, COMMA, fail, MAX_DEPTH, OPEN, OPEN_LIST, QUOTE } from './state';
import { ESCAPES, HEX } from './tables';
import { special } from './text';

/** Unknown fields are passed over at any depth the kernel knows, but what they hold must still be JSON. */

/** Behind the closing quote of the string that begins at `p`. */
function skipString(p: usize): usize {
  if (load<u8>(p) != QUOTE) return fail(p);
  p++;
  while (true) {
    const mask = special(v128.load(p));
    if (mask == 0) {
      p += 16;
      continue;
    }
    p += ctz(mask);
    const c = load<u8>(p);
    if (c == QUOTE) return p + 1;
    if (c != BACKSLASH) return fail(p);
    const e = load<u8>(p, 1);
    if (load<u8>(ESCAPES + e) == 0) {
      if (e != 0x75) return fail(p);
      for (let i: usize = 2; i < 6; i++) if (load<u8>(HEX + load<u8>(p + i)) > 15) return fail(p);
    }
    p += 2;
  }
  return 0;
}

/** `null`, `true` or `false`, or 0. */
export function literal(p: usize): usize {
  const word = load<u32>(p);
  if (word == 0x6c6c756e || word == 0x65757274) return p + 4;
  return word == 0x736c6166 && load<u8>(p, 4) == 0x65 ? p + 5 : fail(p);
}

/** Behind the value that begins at `p`. */
export function skip(p: usize, depth: i32): usize {
  const c = load<u8>(p);
  if (c == QUOTE) return skipString(p);
  if (c == OPEN) return skipMembers(p, depth, CLOSE);
  if (c == OPEN_LIST) return skipMembers(p, depth, CLOSE_LIST);
  return c == 0x2d || <u32>c - 0x30 <= 9 ? number(p) : literal(p);
}

function skipMembers(p: usize, depth: i32, last: u8): usize {
  if (depth > MAX_DEPTH) return fail(p);
  p = space(p + 1);
  if (load<u8>(p) == last) return p + 1;
  while (true) {
    if (last == CLOSE) {
      p = skipString(p);
      if (p == 0) return 0;
      p = colon(p);
      if (p == 0) return 0;
    }
    p = skip(p, depth + 1);
    if (p == 0) return 0;
    p = space(p);
    const c = load<u8>(p);
    if (c == last) return p + 1;
    if (c != COMMA) return fail(p);
    p = space(p + 1);
  }
  return 0;
}

/**
 * From the quote of an unknown key to behind its value. Keys that may be another spelling of a known one (snake_case, Go's capitals, any
 * escape) are for the lenient path.
 */
export function skipUnknown(p: usize): usize {
  if (load<u8>(p) != QUOTE) return fail(p);
  const first = load<u8>(p, 1);
  if (<u32>first - 0x61 > 25) return fail(p);
  const end = skipString(p);
  if (end == 0) return 0;
  for (let i = p + 1; i < end - 1; i++) {
    const c = load<u8>(i);
    if (c == 0x5f || c == BACKSLASH) return fail(p);
  }
  p = colon(end);
  return p == 0 ? 0 : skip(p, 0);
}
