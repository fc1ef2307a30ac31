/** Ids: the length of the text decides how it is read, the alphabet confirms it. With these lengths no two readings collide. */
export type IdVerdict = 'ok' | 'zero' | 'absent' | 'length' | 'alphabet';

/** Sizes in bytes. */
export const TRACE_ID = 16;
export const SPAN_ID = 8;

const hexValue = new Int8Array(256).fill(-1);
const base64Value = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  hexValue['0123456789abcdef'.charCodeAt(i)] = i;
  hexValue['0123456789ABCDEF'.charCodeAt(i)] = i;
}
for (let i = 0; i < 64; i++) base64Value['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.charCodeAt(i)] = i;
base64Value['-'.charCodeAt(0)] = 62;
base64Value['_'.charCodeAt(0)] = 63;

const twice = new Uint8Array(32);

/** Reads the text of an id into `out[0, size)`: hex, base64 in either alphabet, padded or not, or base64 of hex. */
export function readId(text: Uint8Array, from: number, to: number, size: number, out: Uint8Array): IdVerdict {
  const length = to - from;
  if (length === 0) return 'absent';
  if (length === size * 2) return confirmed(readHex(text, from, to, out), size, out);
  const plain = withoutPadding(text, from, to);
  if (plain < 0) return 'length';
  if (plain - from === base64Size(size)) return confirmed(readBase64(text, from, plain, out), size, out);
  if (plain - from !== base64Size(size * 2)) return 'length';
  return confirmed(readBase64(text, from, plain, twice) && readHex(twice, 0, size * 2, out), size, out);
}

/**
 * An id of a protobuf message. Hex that was once taken for base64 has one and a half times the size; encoding it again shows the hex.
 */
export function repairId(bytes: Uint8Array, from: number, to: number, size: number, out: Uint8Array): IdVerdict {
  if (to === from) return 'absent';
  if (to - from === size) {
    for (let i = 0; i < size; i++) out[i] = bytes[from + i] as number;
    return confirmed(true, size, out);
  }
  if (to - from !== size * 1.5) return 'length';
  const text = Buffer.from(bytes.subarray(from, to)).toString('base64');
  return readHex(Buffer.from(text, 'latin1'), 0, text.length, out) ? confirmed(true, size, out) : 'length';
}

function confirmed(readable: boolean, size: number, out: Uint8Array): IdVerdict {
  if (!readable) return 'alphabet';
  for (let i = 0; i < size; i++) if (out[i] !== 0) return 'ok';
  return 'zero';
}

/** The end of the text before its padding, or -1 where the padding does not fit the length. */
function withoutPadding(text: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && text[end - 1] === 0x3d) end--;
  const padding = to - end;
  return padding === 0 || ((to - from) % 4 === 0 && padding < 3) ? end : -1;
}

/** Characters that so many bytes take in base64, without padding. */
const base64Size = (size: number): number => Math.ceil((size * 4) / 3);

export function readHex(text: Uint8Array, from: number, to: number, out: Uint8Array): boolean {
  for (let i = from, o = 0; i < to; i += 2, o++) {
    const high = hexValue[text[i] as number] as number;
    const low = hexValue[text[i + 1] as number] as number;
    if (high < 0 || low < 0) return false;
    out[o] = (high << 4) | low;
  }
  return true;
}

/** Reads base64 in either alphabet, without padding; false where a character or the length does not belong there. */
export function readBase64(text: Uint8Array, from: number, to: number, out: Uint8Array): boolean {
  if ((to - from) % 4 === 1) return false;
  let bits = 0;
  let held = 0;
  let o = 0;
  for (let i = from; i < to; i++) {
    const value = base64Value[text[i] as number] as number;
    if (value < 0) return false;
    bits = ((bits << 6) | value) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[o++] = (bits >> held) & 0xff;
    }
  }
  return true;
}
