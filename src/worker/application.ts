import type { SourceSpec } from '../api/ingestionsource.ts';

/** What is wrong with the applications of a file, in words; undefined where the source expects none or exactly these. */
export function unexpectedApplications(spec: Pick<SourceSpec, 'applicationIds'>, found: readonly string[]): string | undefined {
  const expected = spec.applicationIds?.[0];
  if (expected === undefined) return undefined;
  if (found.length === 0) return `no resource has application.id, expected is ${expected}`;
  const strange = found.filter((each) => each !== expected);
  return strange.length > 0 ? `application.id is ${strange.slice(0, 3).join(', ')}, expected is ${expected}` : undefined;
}
