import { names } from '../json/names.ts';
import type { JsonReader } from '../json/reader.ts';
import { END } from '../json/reader.ts';
import { readBase64 } from '../wire/id.ts';
import { parsed, parseInteger } from '../wire/integer.ts';
import type { Writer } from '../wire/writer.ts';

const QUOTE = 0x22;

/** Reads a string; anything else rejects the span. */
export function readString(r: JsonReader, what: string): void {
  if (r.peek() !== QUOTE) r.reject('InvalidSpan', `${what} is not a string`);
  r.string();
}

/** Writes a string field, also an empty one: the fast kernel does, and batches shall not depend on who read a header. */
export function putString(r: JsonReader, w: Writer, tag: number, what: string): void {
  readString(r, what);
  w.field(tag, r.text, r.from, r.to);
}

/** A number, or the same in quotes, as text. */
function readNumber(r: JsonReader, what: string): void {
  if (r.peek() === QUOTE) r.string();
  else r.number(what);
}

const LOW = 1;
const HIGH = 2;
const longNames = names({ low: LOW, high: HIGH });

/** Reads a 64-bit integer into `parsed`: a number, a string, or the {low, high} object of an old JavaScript exporter. */
export function readInteger(r: JsonReader, what: string, signed: boolean): void {
  const at = r.at;
  if (r.peek() === 0x7b) {
    readLong(r, what);
    return;
  }
  readNumber(r, what);
  if (!parseInteger(r.text, r.from, r.to, signed)) {
    r.reject('InvalidSpan', `${what} is no ${signed ? 'signed' : 'unsigned'} 64-bit integer: ${r.value.slice(0, 40)}`, at);
  }
}

function readLong(r: JsonReader, what: string): void {
  let low = 0;
  let high = 0;
  r.object(what);
  for (let code = r.field(longNames); code !== END; code = r.field(longNames)) {
    if (code === 0) {
      r.skip();
      continue;
    }
    readInteger(r, what, true);
    if (code === LOW) low = parsed.low;
    else high = parsed.low;
  }
  parsed.low = low;
  parsed.high = high;
}

/** Reads an unsigned 32-bit number: dropped counts and flags. */
export function readUint32(r: JsonReader, what: string): number {
  const at = r.at;
  readInteger(r, what, true);
  if (parsed.high !== 0) r.reject('InvalidSpan', `${what} is no unsigned 32-bit integer`, at);
  return parsed.low;
}

/** Writes an unsigned 32-bit varint field, unless it is 0. */
export function putUint32(r: JsonReader, w: Writer, tag: number, what: string): void {
  const value = readUint32(r, what);
  if (value === 0) return;
  w.byte(tag);
  w.varint(value);
}

/** Writes an enum: a number, known or not, a quoted number, or a name of the table. 0 is left out. */
export function putEnum(r: JsonReader, w: Writer, tag: number, what: string, table: Readonly<Record<string, number>>): void {
  const at = r.at;
  readNumber(r, what);
  const first = r.text[r.from] as number;
  const numeric = first === 0x2d || (first >= 0x30 && first <= 0x39);
  if (numeric) {
    const fits =
      parseInteger(r.text, r.from, r.to, true) &&
      (parsed.high === 0 ? parsed.low < 0x80000000 : parsed.high === 0xffffffff && parsed.low >= 0x80000000);
    if (!fits) r.reject('InvalidSpan', `${what} is no 32-bit integer`, at);
  } else {
    const name = r.value;
    if (!Object.hasOwn(table, name)) r.reject('InvalidSpan', `${what} has the unknown name ${JSON.stringify(name.slice(0, 80))}`, at);
    parsed.high = 0;
    parsed.low = table[name] as number;
  }
  if (parsed.high === 0 && parsed.low === 0) return;
  w.byte(tag);
  w.varint64(parsed.high, parsed.low);
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Reads a double: a number, a quoted number, or the three names that JSON has no token for. */
export function readDouble(r: JsonReader, what: string): number {
  const at = r.at;
  const quoted = r.peek() === QUOTE;
  readNumber(r, what);
  const text = r.value;
  if (quoted && (text === 'NaN' || text === 'Infinity' || text === '-Infinity')) return Number(text);
  if (!NUMBER.test(text)) {
    if (quoted) r.reject('InvalidSpan', `${what} is not a number: ${text.slice(0, 40)}`, at);
    r.broken(`${text.slice(0, 40)} is no JSON number`, at);
  }
  const value = Number(text);
  if (!Number.isFinite(value)) r.reject('InvalidSpan', `${what} is beyond the range of a double: ${text.slice(0, 40)}`, at);
  return value;
}

/** Writes bytes that come as base64 of any alphabet and padding. */
export function putBase64(r: JsonReader, w: Writer, tag: number, what: string): void {
  readString(r, what);
  let to = r.to;
  while (to > r.from && r.text[to - 1] === 0x3d) to--;
  const out = new Uint8Array(Math.floor(((to - r.from) * 3) / 4));
  if (!readBase64(r.text, r.from, to, out)) r.reject('InvalidSpan', `${what} is not base64`);
  w.field(tag, out);
}
