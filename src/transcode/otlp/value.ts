import { names, spellings } from '../json/names.ts';
import { END, type JsonReader } from '../json/reader.ts';
import { parsed } from '../wire/integer.ts';
import type { Writer } from '../wire/writer.ts';
import { putBase64, putString, readDouble, readInteger, readString } from './scalars.ts';

/** Values in values. Peers count messages and stop at 100; an array takes two, a list of pairs three. */
export const MAX_VALUE_DEPTH = 64;

const STRING = 1;
const BOOL = 2;
const INT = 3;
const DOUBLE = 4;
const ARRAY = 5;
const KVLIST = 6;
const BYTES = 7;
const WRAPPED = 8;
const INDEX = 9;

const valueNames = names({
  ...spellings('stringValue', STRING),
  ...spellings('boolValue', BOOL),
  ...spellings('intValue', INT),
  ...spellings('doubleValue', DOUBLE),
  ...spellings('arrayValue', ARRAY),
  ...spellings('kvlistValue', KVLIST),
  ...spellings('bytesValue', BYTES),
  Value: WRAPPED,
  ...spellings('stringValueStrindex', INDEX),
});

const VALUES = 1;
const listNames = names({ values: VALUES, Values: VALUES }, [VALUES]);

const KEY = 1;
const VALUE = 2;
const KEY_INDEX = 3;
const pairNames = names({ key: KEY, value: VALUE, Key: KEY, ...spellings('keyStrindex', KEY_INDEX) });

/** Writes an array of KeyValue, one field each. */
export function putAttributes(r: JsonReader, w: Writer, tag: number, what: string, depth = 0): void {
  r.array(what);
  while (r.element(what)) putPair(r, w, tag, depth);
}

function putPair(r: JsonReader, w: Writer, tag: number, depth: number): void {
  const mark = w.open(tag);
  let seen = 0;
  r.object('an attribute');
  for (let code = r.field(pairNames); code !== END; code = r.field(pairNames)) {
    seen = r.once(seen, code, pairNames);
    if (code === KEY) putString(r, w, 0x0a, 'the key of an attribute');
    else if (code === VALUE) putValue(r, w, 0x12, depth);
    else {
      if (code === KEY_INDEX) r.notes.warn('keyStrindex belongs to profiles and was ignored', r.at);
      r.skip();
    }
  }
  w.close(mark);
}

/** Writes an AnyValue as a field. An empty value is written, too: it is there. */
function putValue(r: JsonReader, w: Writer, tag: number, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) r.reject('TooDeep', `values are nested more than ${MAX_VALUE_DEPTH} deep`);
  const mark = w.open(tag);
  putMembers(r, w, mark, depth);
  w.close(mark);
}

/** One member of the oneof. Where an object has several, the last one counts. */
function putMembers(r: JsonReader, w: Writer, mark: number, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) r.reject('TooDeep', `values are nested more than ${MAX_VALUE_DEPTH} deep`);
  r.object('an attribute value');
  for (let code = r.field(valueNames); code !== END; code = r.field(valueNames)) {
    if (code === 0 || code === INDEX) {
      if (code === INDEX) r.notes.warn('stringValueStrindex belongs to profiles and was ignored', r.at);
      r.skip();
      continue;
    }
    if (w.length > mark) r.notes.warn('a value has several members; the last one counts', r.at);
    w.length = mark;
    if (code === WRAPPED) putMembers(r, w, mark, depth + 1);
    else putMember(r, w, code, depth);
  }
}

function putMember(r: JsonReader, w: Writer, code: number, depth: number): void {
  switch (code) {
    case STRING:
      readString(r, 'stringValue');
      w.field(0x0a, r.text, r.from, r.to);
      break;
    case BOOL:
      w.byte(0x10);
      w.byte(readBool(r) ? 1 : 0);
      break;
    case INT:
      readInteger(r, 'intValue', true);
      w.byte(0x18);
      w.varint64(parsed.high, parsed.low);
      break;
    case DOUBLE: {
      const value = readDouble(r, 'doubleValue');
      w.byte(0x21);
      w.double(value);
      break;
    }
    case ARRAY:
      putList(r, w, 0x2a, (inner) => putValue(r, w, inner, depth + 1));
      break;
    case KVLIST:
      putList(r, w, 0x32, (inner) => putPair(r, w, inner, depth + 1));
      break;
    default:
      putBase64(r, w, 0x3a, 'bytesValue');
      break;
  }
}

function readBool(r: JsonReader): boolean {
  const first = r.peek();
  if (first === 0x74) r.word('true');
  else if (first === 0x66) r.word('false');
  else {
    if (first === 0x22) {
      r.string();
      if (r.value === 'true' || r.value === 'false') return r.value === 'true';
    }
    r.reject('InvalidSpan', 'boolValue is neither true nor false');
  }
  return first === 0x74;
}

/** ArrayValue and KeyValueList: an object whose only field is `values`. */
function putList(r: JsonReader, w: Writer, tag: number, putElement: (tag: number) => void): void {
  const mark = w.open(tag);
  r.object('a list value');
  for (let code = r.field(listNames); code !== END; code = r.field(listNames)) {
    if (code !== VALUES) {
      r.skip();
      continue;
    }
    r.array('values');
    while (r.element('values')) putElement(0x0a);
  }
  w.close(mark);
}
