import { isUtf8 } from 'node:buffer';

const CHUNK = 16 * 1024;

/** Moves `at` back to where a character begins, at most three bytes. */
function boundary(bytes: Uint8Array, at: number, least: number): number {
  let start = at;
  while (start > least && start > at - 3 && start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start--;
  return start;
}

/** The end of the last character that is whole in [from, end). What is no UTF-8 at all is left where it is. */
function wholeEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let back = 1; back <= 3 && end - back >= from; back++) {
    const byte = bytes[end - back]!;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? end - back : end;
  }
  return end;
}

/** How far [from, end) is UTF-8: the place of the first byte that is not part of a valid character. */
function firstInvalid(bytes: Uint8Array, from: number, end: number): number {
  let low = from;
  let high = Math.min(end, low + CHUNK);
  for (let next = boundary(bytes, high, low); next > low && isUtf8(bytes.subarray(low, next)); next = boundary(bytes, high, low)) {
    low = next;
    if (low >= end) return end;
    high = Math.min(end, low + CHUNK);
  }
  while (low < high) {
    const middle = boundary(bytes, (low + high + 1) >> 1, low);
    if (middle > low && isUtf8(bytes.subarray(low, middle))) low = middle;
    else if (high - low <= 8) return step(bytes, low, high);
    else high = (low + high + 1) >> 1;
  }
  return low;
}

/** The same over a few bytes, character by character. */
function step(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (let size = 1; size <= 4 && at + size <= end; size++) {
    if (!isUtf8(bytes.subarray(at, at + size))) continue;
    at += size;
    size = 0;
  }
  return at;
}

/**
 * Where valid UTF-8 ends in [from, end): at `end`, before a character that is only cut off by it when more may follow, or before the first
 * byte that is not UTF-8.
 */
export function validEnd(bytes: Uint8Array, from: number, end: number, ended: boolean): { readonly at: number; readonly valid: boolean } {
  const whole = ended ? end : wholeEnd(bytes, from, end);
  if (isUtf8(bytes.subarray(from, whole))) return { at: whole, valid: true };
  return { at: firstInvalid(bytes, from, whole), valid: false };
}
