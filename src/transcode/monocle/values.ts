import type { JsonReader } from '../json/reader.ts';
import { fromSeconds, parsed } from '../wire/integer.ts';
import { parseTime } from './time.ts';

const kinds: Readonly<Record<string, number>> = { INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 };
const codes: Readonly<Record<string, number>> = { UNSET: 0, OK: 1, ERROR: 2 };

/** "SpanKind.INTERNAL", "internal", or the number of the JavaScript API, which counts from INTERNAL = 0. */
export function readKind(r: JsonReader): number {
  const at = r.at;
  const text = readText(r);
  const kind = /^\d$/.test(text) ? Number(text) + 1 : kinds[text.replace(/^.*\./, '').toUpperCase()];
  if (kind !== undefined && kind <= 5) return kind;
  r.notes.warn('a kind is unknown and became INTERNAL', at);
  return 1;
}

/** "OK", "StatusCode.ERROR", "error", or the number. */
export function readStatusCode(r: JsonReader): number {
  const at = r.at;
  const text = readText(r);
  const code = /^[0-2]$/.test(text) ? Number(text) : codes[text.replace(/^.*\./, '').toUpperCase()];
  return code ?? r.reject('InvalidSpan', `the status ${JSON.stringify(text.slice(0, 40))} is unknown`, at);
}

/** A string or a number, as text. */
function readText(r: JsonReader): string {
  if (r.peek() === 0x22) r.string();
  else r.number('this field');
  return r.value;
}

/** Reads a time into `parsed`: ISO text, or seconds and nanoseconds in an array. */
export function readTime(r: JsonReader, what: string): void {
  const at = r.at;
  if (r.peek() === 0x5b) {
    readPair(r, what);
    return;
  }
  if (r.peek() !== 0x22) r.reject('InvalidSpan', `${what} is not a time`, at);
  r.string();
  if (!parseTime(r.value)) r.reject('InvalidSpan', `${what} is not a time: ${JSON.stringify(r.value.slice(0, 40))}`, at);
}

function readPair(r: JsonReader, what: string): void {
  const at = r.at;
  const parts: number[] = [];
  r.array(what);
  while (r.element(what)) {
    r.number(what);
    parts.push(Number(r.value));
  }
  const [seconds, nanos] = parts;
  const sound =
    parts.length === 2 && Number.isInteger(seconds) && Number.isInteger(nanos) && (nanos as number) >= 0 && (nanos as number) < 1e9;
  if (!sound || !fromSeconds(seconds as number, nanos as number)) r.reject('InvalidSpan', `${what} is not [seconds, nanoseconds]`, at);
}

/** Python writes the repr of a list of pairs; W3C wants `k=v,k=v`. */
export function traceState(text: string): string {
  if (!text.startsWith('[')) return text;
  return [...text.matchAll(/\{key=([^,}]*), value=([^}]*)\}/g)].map(([, key, value]) => `${key}=${value}`).join(',');
}

/** The time read last, as two halves. */
export const timeRead = (): { readonly high: number; readonly low: number } => ({ high: parsed.high, low: parsed.low });
