import { describe, expect, test } from 'vitest';
import { type SurveyOptions, survey, surveyLines } from '../../../../src/cli/objects/survey.ts';
import { now, source } from '../../../support/cli/cluster.ts';
import { memoryStore } from '../../../support/memory-store.ts';

const HOUR = 3_600_000;
const store = memoryStore({ prefix: 'agents/prod/', now: () => now, pageSize: 3 });
const put = (name: string, hoursAgo: number, size: number) =>
  store.put(`agents/prod/${name}`, { size, modifiedTime: now - hoursAgo * HOUR });
put('a.json', 40, 4_300);
put('b.json', 2, 812);
put('c.json.gz', 20, 1_204_000);
put('notes.txt', 1, 12);
put('run', 3, 1);

const look = (scan: object, more: Partial<SurveyOptions> = {}) =>
  survey(store, { spec: source('checkout-agents', { scan }).spec, isDone: () => false, first: 2, now, isOver: () => false, ...more });

describe('a look over a store', () => {
  test('counts what the operator would take, and remembers the first few', async () => {
    const found = await look({}, { isDone: ({ key }) => key.endsWith('a.json') });
    expect(found).toMatchObject({
      isCut: false,
      bytes: 1_209_112,
      smallest: 812,
      largest: 1_204_000,
      done: 1,
      tally: { listed: 5, matched: 3 },
    });
    expect([found.oldest, found.newest, ...found.first].map((each) => each?.key.slice(12))).toEqual([
      'a.json',
      'b.json',
      'a.json',
      'b.json',
    ]);
    expect(surveyLines(found, source('checkout-agents').spec, true)).toEqual([
      '  3 files match of 5 objects under agents/prod/',
      '  sizes    1.2 MB in all, from 812 B to 1.2 MB',
      '  oldest   2026-11-18 20:00:00  agents/prod/a.json',
      '  newest   2026-11-20 10:00:00  agents/prod/b.json',
      '  left     1 without extension, 1 .txt (taken: .json)',
      '  known    1 is done or under way, 2 are to come',
    ]);
  });

  test('counts slices of a platform, of whose size nobody knows', async () => {
    const found = await look({});
    const { spec } = source('payments', { store: { xray: { region: 'us-east-1' } } });
    expect(surveyLines(found, spec, false)).toEqual([
      '  3 slices match of 5',
      '  oldest   2026-11-18 20:00:00  agents/prod/a.json',
      '  newest   2026-11-20 10:00:00  agents/prod/b.json',
    ]);
  });

  test.each<[sentence: string, scan: object, matched: number, after: string | undefined]>([
    ['since counts from now', { modified: { since: '24h' } }, 2, '2026-11-19T12:00:00.000Z'],
    ['after is a moment', { modified: { after: '2026-11-20T09:00:00Z' } }, 1, '2026-11-20T09:00:00Z'],
    ['latest is the moment of the n-th newest match', { modified: { latest: 2 } }, 2, '2026-11-19T16:00:00.000Z'],
  ])('%s', async (_sentence, scan, matched, after) => {
    const found = await look(scan);
    expect({ matched: found.tally.matched, after: found.modifiedAfter }).toEqual({ matched, after });
  });

  test('takes the moment that the operator has resolved', async () => {
    const found = await look({ modified: { since: '1h' } }, { modifiedAfter: new Date(now - 30 * HOUR).toISOString() });
    expect(found.tally.matched).toBe(2);
  });

  test('says why nothing matches', async () => {
    const found = await look({ include: ['**/monocle_*'] });
    expect(surveyLines(found, source('x', { scan: { include: ['**/monocle_*'] } }).spec, false)).toEqual([
      '  5 objects under agents/prod/, 3 end with .json, but none of them matches scan.include',
    ]);
  });

  test('ends when time is over, with what it has', async () => {
    const found = await look({}, { isOver: () => true });
    expect(found).toMatchObject({ isCut: true, tally: { listed: 3 } });
    expect(surveyLines(found, source('x').spec, false)[0]).toBe('  at least 3 files match of 3 objects under agents/prod/');
  });
});
