import type { JsonReader } from '../json/reader.ts';
import { readHex, TRACE_ID } from '../wire/id.ts';

const text = new Uint8Array(32);

/** Reads an id: hex of any case, with or without `0x`, padded on the left. Anything else rejects the span. */
export function readMonocleId(r: JsonReader, what: string, size: number, out: Uint8Array): 'ok' | 'zero' | 'absent' {
  const at = r.at;
  if (r.peek() !== 0x22) r.reject(reasonOf(size), `the ${what} is not a string`, at);
  r.string();
  const prefixed = r.to - r.from >= 2 && r.text[r.from] === 0x30 && ((r.text[r.from + 1] as number) | 0x20) === 0x78;
  const from = prefixed ? r.from + 2 : r.from;
  const digits = r.to - from;
  if (digits === 0 || r.value === 'None') return 'absent';
  if (digits > size * 2) r.reject(reasonOf(size), `the ${what} has ${digits} digits; at most ${size * 2} are accepted`, at);
  text.fill(0x30, 0, size * 2);
  for (let i = 0; i < digits; i++) text[size * 2 - digits + i] = r.text[from + i] as number;
  if (!readHex(text, 0, size * 2, out)) r.reject(reasonOf(size), `the ${what} ${JSON.stringify(r.value.slice(0, 40))} is not hex`, at);
  for (let i = 0; i < size; i++) if (out[i] !== 0) return 'ok';
  return 'zero';
}

/** Reads an id that a span must have. */
export function readOwnId(r: JsonReader, what: string, size: number, out: Uint8Array): void {
  const at = r.at;
  const verdict = readMonocleId(r, what, size, out);
  if (verdict !== 'ok') r.reject(reasonOf(size), verdict === 'zero' ? `the ${what} is all zero` : `the ${what} is empty`, at);
}

export const reasonOf = (size: number): 'InvalidTraceId' | 'InvalidSpanId' => (size === TRACE_ID ? 'InvalidTraceId' : 'InvalidSpanId');
