/** A field of a protobuf message: `message[start, to)` is all of it, `message[from, to)` its content. */
export type Field = { number: number; wire: number; start: number; from: number; to: number };

/** The value of the varint read last, in two unsigned halves. */
export const varint = { value: 0, high: 0 };

/** Reads a varint at `at`; returns the position behind it, -1 where it is broken, -2 where the bytes end first. */
export function readVarint(bytes: Uint8Array, at: number, end: number): number {
  let low = 0;
  let high = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (at >= end) return -2;
    const byte = bytes[at++] as number;
    const digit = byte & 0x7f;
    if (shift < 28) low |= digit << shift;
    else if (shift === 28) {
      low |= digit << 28;
      high = digit >>> 4;
    } else high |= shift === 63 ? (digit & 1) << 31 : digit << (shift - 32);
    if (byte < 0x80) {
      varint.value = low >>> 0;
      varint.high = high >>> 0;
      return at;
    }
  }
  return -1;
}

/**
 * Reads the field at `at` into `field`; returns the position behind it, -1 where it is broken, -2 where the bytes end first.
 * Groups (wire types 3 and 4) are not of this century and count as broken.
 */
export function readField(bytes: Uint8Array, at: number, end: number, field: Field): number {
  const behindTag = readVarint(bytes, at, end);
  if (behindTag < 0) return behindTag;
  const tag = varint.value;
  if (varint.high !== 0 || tag >>> 3 === 0) return -1;
  field.start = at;
  field.number = tag >>> 3;
  field.wire = tag & 7;
  field.from = behindTag;
  const to = contentEnd(bytes, behindTag, end, field);
  if (to < 0) return to;
  field.to = to;
  return to > end ? -2 : to;
}

function contentEnd(bytes: Uint8Array, at: number, end: number, field: Field): number {
  switch (field.wire) {
    case 0:
      return readVarint(bytes, at, end);
    case 1:
      return at + 8;
    case 5:
      return at + 4;
    case 2: {
      const from = readVarint(bytes, at, end);
      if (from < 0) return from;
      if (varint.high !== 0 || varint.value > 0x7fffffff) return -1;
      field.from = from;
      return from + varint.value;
    }
    default:
      return -1;
  }
}

export const newField = (): Field => ({ number: 0, wire: 0, start: 0, from: 0, to: 0 });

/** The fields of a message that is known to be sound; a broken rest is passed over. The same object each time. */
export function* fields(message: Uint8Array): Generator<Field> {
  const field = newField();
  for (let at = 0; at < message.length; ) {
    at = readField(message, at, message.length, field);
    if (at < 0) return;
    yield field;
  }
}
