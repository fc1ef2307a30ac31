import { fail } from '../../api/failure.ts';
import type { JsonReader } from '../json/reader.ts';
import { type IdVerdict, readId, SPAN_ID, TRACE_ID } from '../wire/id.ts';
import { readString } from './scalars.ts';

/** What an id is for; the messages use it. */
export type IdKind = 'trace id' | 'span id' | 'parent span id' | 'trace id of a link' | 'span id of a link';

export const idSize = (kind: IdKind): number => (kind.startsWith('trace') ? TRACE_ID : SPAN_ID);

const accepted = {
  [TRACE_ID]: '32 hex digits, or 16 bytes in base64',
  [SPAN_ID]: '16 hex digits, or 8 bytes in base64',
} as Readonly<Record<number, string>>;

/** An id of an impossible length: the writer does not write OTLP, so the file fails. */
export function impossibleLength(kind: IdKind, size: number, length: number, unit: string, offset: number): never {
  const reason = size === TRACE_ID ? 'InvalidTraceId' : 'InvalidSpanId';
  const seen = length === 0 ? `the ${kind} is empty or missing` : `the ${kind} has ${length} ${unit}`;
  const wanted = unit === 'bytes' ? `${size} bytes` : accepted[size];
  return fail(reason, `${seen} at offset ${offset}; accepted are ${wanted}`);
}

/** Reads an id into `out`. An impossible length fails the file, a wrong alphabet rejects the span; what is left is for the caller. */
export function takeId(r: JsonReader, kind: IdKind, out: Uint8Array): Exclude<IdVerdict, 'length' | 'alphabet'> {
  const at = r.at;
  const size = idSize(kind);
  readString(r, `the ${kind}`);
  const verdict = readId(r.text, r.from, r.to, size, out);
  if (verdict === 'length') return impossibleLength(kind, size, r.to - r.from, 'characters', r.window.offset + at);
  if (verdict === 'alphabet') {
    r.reject(
      size === TRACE_ID ? 'InvalidTraceId' : 'InvalidSpanId',
      `the ${kind} ${JSON.stringify(r.value.slice(0, 64))} is neither hex nor base64`,
      at,
    );
  }
  return verdict;
}
