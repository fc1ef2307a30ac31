/** What an escape took and gave. `read` is 0 where it is no escape. The same object each time. */
export type Escape = { read: number; written: number; lone: boolean };

const step: Escape = { read: 0, written: 0, lone: false };

const simple = new Uint8Array(256);
for (const [letter, byte] of [
  ['"', 0x22],
  ['\\', 0x5c],
  ['/', 0x2f],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
] as const)
  simple[letter.charCodeAt(0)] = byte;

/** Reads the escape at `bytes[at]` (a backslash) into `out[o]` as UTF-8. Half a surrogate pair becomes U+FFFD. */
export function readEscape(bytes: Uint8Array, at: number, end: number, out: Uint8Array, o: number): Escape {
  const kind = at + 1 < end ? (bytes[at + 1] as number) : 0;
  step.lone = false;
  if (kind !== 0x75) {
    out[o] = simple[kind] as number;
    step.read = out[o] === 0 ? 0 : 2;
    step.written = 1;
    return step;
  }
  const unit = codeUnit(bytes, at, end);
  step.read = unit < 0 ? 0 : 6;
  if (unit >= 0xd800 && unit < 0xdc00 && bytes[at + 6] === 0x5c && bytes[at + 7] === 0x75) {
    const low = codeUnit(bytes, at + 6, end);
    if (low >= 0xdc00 && low < 0xe000) {
      step.read = 12;
      step.written = put(out, o, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
      return step;
    }
  }
  step.lone = unit >= 0xd800 && unit < 0xe000;
  step.written = put(out, o, step.lone ? 0xfffd : unit);
  return step;
}

function codeUnit(bytes: Uint8Array, at: number, end: number): number {
  if (at + 6 > end) return -1;
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) {
    const digit = hexDigit(bytes[i] as number);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function put(out: Uint8Array, o: number, point: number): number {
  if (point < 0x80) {
    out[o] = point;
    return 1;
  }
  if (point < 0x800) {
    out[o] = 0xc0 | (point >> 6);
    out[o + 1] = 0x80 | (point & 0x3f);
    return 2;
  }
  if (point < 0x10000) {
    out[o] = 0xe0 | (point >> 12);
    out[o + 1] = 0x80 | ((point >> 6) & 0x3f);
    out[o + 2] = 0x80 | (point & 0x3f);
    return 3;
  }
  out[o] = 0xf0 | (point >> 18);
  out[o + 1] = 0x80 | ((point >> 12) & 0x3f);
  out[o + 2] = 0x80 | ((point >> 6) & 0x3f);
  out[o + 3] = 0x80 | (point & 0x3f);
  return 4;
}
