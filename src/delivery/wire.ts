/** One field of a protobuf message: where it stands, tag included, and where its value does. */
export type Field = {
  readonly number: number;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
  /** Of a varint; 0 otherwise. Exact up to 2^53. */
  readonly value: number;
};

/** Walks the fields of a message between two offsets, without looking inside them. Throws where the bytes are no message. */
export function* fieldsOf(bytes: Uint8Array, from = 0, to = bytes.length): Generator<Field> {
  let at = from;
  while (at < to) {
    const start = at;
    const tag = varint(bytes, at, to);
    const valueStart = tag.end;
    const { length, value, skip } = extent(bytes, valueStart, to, tag.value & 7);
    at = valueStart + skip + length;
    if (at > to) throw new RangeError(`field at ${start} is longer than its message`);
    yield { number: Math.floor(tag.value / 8), start, valueStart: valueStart + skip, end: at, value };
  }
}

function extent(bytes: Uint8Array, at: number, to: number, wireType: number): { length: number; skip: number; value: number } {
  switch (wireType) {
    case 0: {
      const { end, value } = varint(bytes, at, to);
      return { length: end - at, skip: 0, value };
    }
    case 1:
      return { length: 8, skip: 0, value: 0 };
    case 2: {
      const { end, value } = varint(bytes, at, to);
      return { length: value, skip: end - at, value: 0 };
    }
    case 5:
      return { length: 4, skip: 0, value: 0 };
    default:
      throw new RangeError(`wire type ${wireType} at ${at}`);
  }
}

function varint(bytes: Uint8Array, from: number, to: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = from, scale = 1; at < to && at < from + 10; at++, scale *= 128) {
    const byte = bytes[at]!;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, end: at + 1 };
  }
  throw new RangeError(`no varint at ${from}`);
}

/** Tag and length of a length-delimited field. */
export function lengthPrefix(fieldNumber: number, length: number): Uint8Array {
  const bytes = [(fieldNumber << 3) | 2];
  let rest = length;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
