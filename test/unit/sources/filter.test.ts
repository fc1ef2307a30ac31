import { describe, expect, test } from 'vitest';
import { scan as scanSchema } from '../../../src/api/scan.ts';
import { filter, type Skip } from '../../../src/sources/filter.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const file = { key: 'agents/prod/run.json', version: 'v1', size: 10, modifiedTime: now - 60_000 };
const store = {
  s3: { bucket: 'acme-traces', prefix: 'agents/prod/', forcePathStyle: false, requesterPays: false, auth: { type: 'IAMRole' } },
} as const;

type Case = readonly [sentence: string, scan: object, file: Partial<typeof file>, expected: Skip | undefined];
const cases: readonly Case[] = [
  ['.json is taken', {}, {}, undefined],
  ['and compressed, too', {}, { key: 'agents/prod/run.json.zst' }, undefined],
  ['other endings are not', {}, { key: 'agents/prod/run.ndjson' }, 'extension'],
  ['unless they are named', { extensions: ['.ndjson'] }, { key: 'agents/prod/run.ndjson.gz' }, undefined],
  ['an empty list takes every ending', { extensions: [] }, { key: 'agents/prod/run' }, undefined],
  ['a glob looks at the whole key', { include: ['**/monocle_trace_*'] }, { key: 'agents/prod/a/monocle_trace_1.json' }, undefined],
  ['and finds at any depth, even none', { include: ['**/monocle_trace_*'] }, { key: 'agents/prod/run.json' }, 'include'],
  ['dot files are seen', { include: ['agents/**/*.json'] }, { key: 'agents/prod/.hidden/run.json' }, undefined],
  [
    'what is excluded stays out, though included',
    { include: ['**'], exclude: ['**/tmp/**'] },
    { key: 'agents/prod/tmp/run.json' },
    'exclude',
  ],
  ['older files are left alone', {}, { modifiedTime: now - 2 * 3_600_000 }, 'old'],
  ['one of the very moment is not older', {}, { modifiedTime: now - 3_600_000 }, undefined],
  ['files not modified before a moment are left alone', { modified: { before: '2026-11-20T11:00:00Z' } }, {}, 'late'],
  ['a file rests before it is read', { minAge: '5m' }, {}, 'young'],
  ['and then is read', { minAge: '60s' }, {}, undefined],
  ['an empty file is a file', {}, { size: 0 }, undefined],
  ['the marker of a folder is not', { extensions: [] }, { key: 'agents/prod/2026/', size: 0 }, 'folder'],
  ['what no record can name is left alone', {}, { version: '' }, 'odd'],
  ['a moment that no calendar has, too', {}, { modifiedTime: Number.NaN }, 'odd'],
];

describe('which objects of a listing are files of the source', () => {
  test.each(cases)('%s', (_sentence, scan, changed, expected) => {
    const spec = { store, format: 'Auto', scan: scanSchema.parse(scan) } as const;
    expect(filter(spec, now - 3_600_000)({ ...file, ...changed }, now)).toBe(expected);
  });

  test('format Monocle takes .ndjson by itself', () => {
    const spec = { store, format: 'Monocle', scan: scanSchema.parse({}) } as const;
    expect(filter(spec, 0)({ ...file, key: 'agents/prod/run.ndjson' }, now)).toBeUndefined();
  });
});
