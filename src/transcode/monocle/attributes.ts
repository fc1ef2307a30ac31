import { names } from '../json/names.ts';
import { END, type JsonReader } from '../json/reader.ts';
import { readDouble } from '../otlp/scalars.ts';
import { MAX_VALUE_DEPTH } from '../otlp/value.ts';
import { parsed, parseInteger } from '../wire/integer.ts';
import { bytesOf } from '../wire/utf8.ts';
import type { Writer } from '../wire/writer.ts';

/** Every name is data here. */
const anyName = names({});

/** Told of each string attribute at the top level, so that names of services and versions are at hand. */
export type Listener = (key: string, value: string) => void;

/** The keys anybody listens for. */
const heard = new Set(['service.name', 'workflow.name', 'monocle_apptrace.version', 'entity.count']);

/** Writes a plain JSON object as KeyValue fields. Numbers keep their kind: `1.0` is a double, `1` an integer. */
export function putObject(r: JsonReader, w: Writer, tag: number, what: string, listener?: Listener, depth = 0, prefix = ''): void {
  r.object(what);
  for (let code = r.field(anyName, true); code !== END; code = r.field(anyName, true)) {
    if (r.peek() === 0x6e) {
      r.word('null');
      r.notes.warn('an attribute that is null was dropped', r.at);
      continue;
    }
    const mark = w.open(tag);
    const key = listener && r.to - r.from < 32 ? r.value : '';
    if (prefix === '') w.field(0x0a, r.text, r.from, r.to);
    else w.field(0x0a, bytesOf(prefix + r.value));
    putPlain(r, w, 0x12, depth);
    w.close(mark);
    if (listener && heard.has(key)) listener(key, r.value);
  }
}

/** Writes a plain JSON value as an AnyValue. */
function putPlain(r: JsonReader, w: Writer, tag: number, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) r.reject('TooDeep', `values are nested more than ${MAX_VALUE_DEPTH} deep`);
  const mark = w.open(tag);
  switch (r.peek()) {
    case 0x22:
      r.string();
      w.field(0x0a, r.text, r.from, r.to);
      break;
    case 0x74:
      r.word('true');
      w.byte(0x10);
      w.byte(1);
      break;
    case 0x66:
      r.word('false');
      w.byte(0x10);
      w.byte(0);
      break;
    case 0x5b:
      putArray(r, w, depth);
      break;
    case 0x7b: {
      const list = w.open(0x32);
      putObject(r, w, 0x0a, 'an attribute', undefined, depth + 1);
      w.close(list);
      break;
    }
    case 0x6e:
      r.word('null');
      break;
    default:
      putNumber(r, w);
  }
  w.close(mark);
}

function putArray(r: JsonReader, w: Writer, depth: number): void {
  const list = w.open(0x2a);
  r.array('an attribute');
  while (r.element('an attribute', true)) putPlain(r, w, 0x0a, depth + 1);
  w.close(list);
}

/** An integer token beyond 64 bits travels as its text. */
function putNumber(r: JsonReader, w: Writer): void {
  const at = r.at;
  r.number('a value');
  if (!/[.eE]/.test(r.value)) {
    if (parseInteger(r.text, r.from, r.to, true)) {
      w.byte(0x18);
      w.varint64(parsed.high, parsed.low);
    } else if (/^-?\d+$/.test(r.value)) w.field(0x0a, r.text, r.from, r.to);
    else r.broken(`${r.value.slice(0, 40)} is no JSON number`, at);
    return;
  }
  r.at = at;
  const value = readDouble(r, 'a value');
  w.byte(0x21);
  w.double(value);
}
