import { describe, expect, onTestFailed, test } from 'vitest';
import { scan as scanSchema } from '../../../src/api/scan.ts';
import { store as storeSchema } from '../../../src/api/store.ts';
import { type Resolution, resolution, shownAfter } from '../../../src/sources/modified.ts';
import { newest } from '../../../src/sources/newest.ts';
import { random, seedOf } from '../../support/random.ts';

const created = Date.parse('2026-11-20T12:00:00Z');
const now = created + 86_400_000;
const week = { rule: 'since 7d', after: '2026-11-13T12:00:00.000Z' };

const bucket = storeSchema.parse({ s3: { bucket: 'acme-traces' } });
const platform = storeSchema.parse({
  datadog: { lookback: '6h', apiKeySecretRef: { name: 'keys' }, appKeySecretRef: { name: 'keys' } },
});

type Case = readonly [
  sentence: string,
  modified: object | undefined,
  written: typeof week | undefined,
  generation: number,
  expected: Resolution,
];
const cases: readonly Case[] = [
  ['without a rule every file is welcome', undefined, undefined, 1, { is: 'known', after: 0 }],
  [
    'since is counted from the creation of a new source, however late the operator',
    { since: '7d' },
    undefined,
    1,
    { is: 'to write', modified: week },
  ],
  ['and later from the edit', { since: '7d' }, undefined, 2, { is: 'to write', modified: { ...week, after: '2026-11-14T12:00:00.000Z' } }],
  ['once resolved it never moves', { since: '7d' }, week, 2, { is: 'known', after: Date.parse(week.after) }],
  [
    'another rule is another edit',
    { since: '1d' },
    week,
    3,
    { is: 'to write', modified: { rule: 'since 1d', after: '2026-11-20T12:00:00.000Z' } },
  ],
  [
    'a rule that is gone is written down, so that its return is an edit',
    undefined,
    week,
    3,
    { is: 'to write', modified: { rule: 'everything', after: '1970-01-01T00:00:00.000Z' } },
  ],
  [
    'a moment is a moment',
    { after: '2026-11-01T00:00:00Z' },
    undefined,
    1,
    { is: 'to write', modified: { rule: 'after 2026-11-01T00:00:00Z', after: '2026-11-01T00:00:00.000Z' } },
  ],
  ['the newest files must be looked for', { latest: 20 }, week, 2, { is: 'to list', latest: 20 }],
  ['before alone resolves nothing', { before: '2026-11-01T00:00:00Z' }, undefined, 1, { is: 'known', after: 0 }],
];

describe('what scan.modified means', () => {
  test.each(cases)('%s', (_sentence, modified, written, generation, expected) => {
    const spec = { store: bucket, scan: scanSchema.parse({ ...(modified && { modified }) }) };
    expect(resolution(spec, written, { generation, created, now })).toEqual(expected);
  });

  test.each([
    ['a platform begins where its lookback says, counted from its creation', undefined, 'since 6h', '2026-11-20T06:00:00.000Z'],
    ['scan.modified takes the place of lookback', { since: '1d' }, 'since 1d', '2026-11-19T12:00:00.000Z'],
    ['its end alone does not', { before: '2026-12-01T00:00:00Z' }, 'since 6h', '2026-11-20T06:00:00.000Z'],
  ])('%s', (_sentence, modified, rule, after) => {
    const spec = { store: platform, scan: scanSchema.parse({ ...(modified && { modified }) }) };
    expect(resolution(spec, undefined, { generation: 1, created, now })).toEqual({ is: 'to write', modified: { rule, after } });
  });

  test('status shows a moment only where there is a rule', () => {
    expect([shownAfter(undefined), shownAfter(week), shownAfter({ rule: 'everything', after: '1970-01-01T00:00:00.000Z' })]).toEqual([
      undefined,
      week.after,
      undefined,
    ]);
  });
});

test('the N-th newest is that of a sorted list', () => {
  const seed = seedOf();
  onTestFailed(() => console.error(`SPANFERRY_SEED=${seed}`));
  const chance = random(seed);
  for (let round = 0; round < 50; round++) {
    const values = Array.from({ length: 1 + chance.int(500) }, () => chance.int(300));
    const n = 1 + chance.int(values.length + 5);
    const top = newest(n);
    for (const value of values) top.add(value);
    expect(top.floor()).toBe(values.toSorted((a, b) => b - a)[n - 1]);
  }
});
