import type { SourceSpec } from '../api/ingestionsource.ts';

/** What is wrong with the applications of a file, in words; undefined where the source expects none or exactly these. */
export function unexpectedApplications(spec: Pick<SourceSpec, 'applicationIds'>, found: readonly string[]): string | undefined {
  const expected = spec.applicationIds?.[0];
  if (expected === undefined) return undefined;
  if (found.length === 0) return `no resource has application.id, expected is ${expected}`;
  const strange = found.filter((each) => each !== expected);
  return strange.length > 0 ? `application.id is ${strange.slice(0, 3).join(', ')}, expected is ${expected}` : undefined;
}

const SPAN_TYPE = 'fiddler.span.type';
/** The key of an attribute as protobuf has it: field 1, its length, its text. */
const encodedSpanType = Buffer.from([0x0a, SPAN_TYPE.length, ...Buffer.from(SPAN_TYPE)]);

/** Is there a span with a type in this batch? Looked for as bytes: decoding would cost as much as transcoding. */
export const hasSpanType = ({ buffer, byteOffset, byteLength }: Uint8Array): boolean =>
  Buffer.from(buffer, byteOffset, byteLength).includes(encodedSpanType);

/** Worth a word where a source has application ids: without types, an application shows its traces as a list of nameless steps. */
export const noSpanType = `no span has the attribute ${SPAN_TYPE}`;
