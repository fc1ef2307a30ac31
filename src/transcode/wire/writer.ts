/** Bytes of a varint of an unsigned 32-bit number. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** Size of a length-delimited field with a one-byte tag. */
export const fieldSize = (length: number): number => 1 + varintSize(length) + length;

/** A length-delimited field with a one-byte tag. */
export function fieldOf(tag: number, content: Uint8Array): Uint8Array {
  const field = new Uint8Array(fieldSize(content.length));
  field[0] = tag;
  field.set(content, putVarint(field, 1, content.length));
  return field;
}

/** How much content a field that takes no more than `budget` bytes may have; below zero where there is no room for one. */
export function contentIn(budget: number): number {
  for (let digits = 1; digits < 5; digits++) {
    const content = budget - 1 - digits;
    if (content < 0) return -1;
    if (varintSize(content) <= digits) return content;
  }
  return -1;
}

/** Writes a varint of an unsigned 32-bit number into bytes that have room for it; returns the position behind it. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value > 0x7f) {
    bytes[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[at++] = value;
  return at;
}

/** Writes protobuf into a buffer that grows. Messages are opened, written, and closed: their length is put in front at the end. */
export class Writer {
  bytes: Uint8Array;
  length = 0;
  #float: DataView;

  constructor(size = 4096) {
    this.bytes = new Uint8Array(size);
    this.#float = new DataView(this.bytes.buffer);
  }

  #room(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.#float = new DataView(larger.buffer);
  }

  byte(value: number): void {
    this.#room(1);
    this.bytes[this.length++] = value;
  }

  varint(value: number): void {
    this.#room(5);
    this.length = putVarint(this.bytes, this.length, value >>> 0);
  }

  /** A 64-bit number from two unsigned halves. */
  varint64(high: number, low: number): void {
    this.#room(10);
    const bytes = this.bytes;
    let at = this.length;
    while (high !== 0 || low > 0x7f) {
      bytes[at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[at++] = low;
    this.length = at;
  }

  fixed32(value: number): void {
    this.#room(4);
    this.#float.setUint32(this.length, value, true);
    this.length += 4;
  }

  fixed64(high: number, low: number): void {
    this.#room(8);
    this.#float.setUint32(this.length, low, true);
    this.#float.setUint32(this.length + 4, high, true);
    this.length += 8;
  }

  double(value: number): void {
    this.#room(8);
    this.#float.setFloat64(this.length, value, true);
    this.length += 8;
  }

  raw(from: Uint8Array, start = 0, end = from.length): void {
    const size = end - start;
    this.#room(size);
    if (size > 48) this.bytes.set(from.subarray(start, end), this.length);
    else for (let i = 0; i < size; i++) this.bytes[this.length + i] = from[start + i] as number;
    this.length += size;
  }

  /** A length-delimited field: string, bytes, or a message that is written already. */
  field(tag: number, from: Uint8Array, start = 0, end = from.length): void {
    this.byte(tag);
    this.varint(end - start);
    this.raw(from, start, end);
  }

  /** Begins a message. One byte is kept for its length, which suits most of them. */
  open(tag: number): number {
    this.#room(2);
    this.bytes[this.length++] = tag;
    this.bytes[this.length++] = 0;
    return this.length;
  }

  /** Ends the message that `open` began. */
  close(mark: number): void {
    const size = this.length - mark;
    const extra = varintSize(size) - 1;
    if (extra > 0) {
      this.#room(extra);
      this.bytes.copyWithin(mark + extra, mark, this.length);
      this.length += extra;
    }
    putVarint(this.bytes, mark - 1, size);
  }

  /** A copy of what was written from `start` on. */
  copy(start = 0): Uint8Array {
    return this.bytes.slice(start, this.length);
  }
}
