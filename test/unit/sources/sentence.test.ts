import { describe, expect, test } from 'vitest';
import { cloudTrace } from '../../../src/api/cloudtrace.ts';
import { scan as scanSchema } from '../../../src/api/scan.ts';
import type { Skip } from '../../../src/sources/filter.ts';
import { nothingMatches } from '../../../src/sources/sentence.ts';
import { counting, endingOf } from '../../../src/sources/tally.ts';

type Skipped = Partial<Record<Skip, number>>;
type Case = readonly [sentence: string, skipped: Skipped, endings?: Record<string, number>, scan?: object, prefix?: string];

const cases: readonly Case[] = [
  ['there is no object under agents/prod/ yet', {}],
  ['there is no object in the bucket yet', {}, {}, {}, ''],
  ['there is no object under agents/prod/ yet', { folder: 3 }, { '': 3 }],
  ['there is no object under /agents/ yet: keys begin without a slash unless their writer gave them one', {}, {}, {}, '/agents/'],
  [
    '1,204 objects under agents/prod/, none ends with .json; 1,180 end with .ndjson',
    { extension: 1_204 },
    { '.ndjson': 1_180, '.txt': 24 },
  ],
  ['1 object under agents/prod/, none ends with .json; 1 has no extension', { extension: 1 }, { '': 1 }],
  [
    '7 objects under agents/prod/, none ends with .otlp or .jsonl; 7 end with .json',
    { extension: 7 },
    { '.json': 7 },
    { extensions: ['.otlp', '.jsonl'] },
  ],
  [
    '1,204 objects under agents/prod/, 1,180 end with .json, but none of them matches scan.include',
    { extension: 24, include: 1_180 },
    {},
    { include: ['**/monocle_trace_*'] },
  ],
  ['12 objects under agents/prod/, 12 end with .json, but scan.exclude leaves all of them out', { exclude: 12 }],
  [
    '12 objects under agents/prod/, 12 end with .json, but 5 match no glob of scan.include and scan.exclude leaves out 7',
    { include: 5, exclude: 7 },
  ],
  ['30 objects in the bucket, but 30 were modified before 2026-11-13T12:00:00.000Z', { old: 30 }, {}, { extensions: [] }, ''],
  [
    '30 objects under agents/prod/, 30 end with .json, but 28 were modified before 2026-11-13T12:00:00.000Z and 2 are younger than scan.minAge 5m',
    { old: 28, young: 2 },
    {},
    { minAge: '5m' },
  ],
  [
    '1 object under agents/prod/, 1 ends with .json, but 1 was not modified before 2026-01-01T00:00:00Z',
    { late: 1 },
    {},
    { modified: { before: '2026-01-01T00:00:00Z' } },
  ],
];

describe('a scan that matches nothing says why', () => {
  test.each(cases.map((each) => [each[0], each] as const))(
    '%s',
    (sentence, [, skipped, endings = {}, scan = {}, prefix = 'agents/prod/']) => {
      const tally = counting();
      Object.assign(tally.skipped, skipped);
      tally.listed = Object.values(skipped).reduce((sum, each) => sum + each, 0);
      for (const [ending, count] of Object.entries(endings)) tally.endings.set(ending, count);
      const s3 = { bucket: 'acme-traces', prefix, forcePathStyle: false, requesterPays: false, auth: { type: 'IAMRole' } } as const;
      const spec = { store: { s3 }, format: 'Auto', scan: scanSchema.parse(scan) } as const;
      expect(nothingMatches(tally, spec, '2026-11-13T12:00:00.000Z')).toBe(sentence);
    },
  );

  test('of a platform it speaks of slices', () => {
    const spec = { store: { cloudTrace: cloudTrace.parse({ project: 'acme-prod' }) }, scan: scanSchema.parse({}), format: 'Auto' as const };
    const tally = counting();
    expect(nothingMatches(tally, spec)).toBe('there is no slice yet');
    tally.listed = tally.skipped.old = 30;
    expect(nothingMatches(tally, spec, '2026-11-13T12:00:00.000Z')).toBe('30 slices, but 30 were modified before 2026-11-13T12:00:00.000Z');
  });
});

test.each([
  ['a/b.json', '.json'],
  ['a/b.json.gz', '.json.gz'],
  ['a/b.tar.bz2', '.bz2'],
  ['a.d/b', ''],
  ['a/.json', ''],
  ['a/b.', ''],
  [`a/b.${'x'.repeat(80)}`, ''],
])('%s ends with "%s"', (key, ending) => {
  expect(endingOf(key)).toBe(ending);
});
