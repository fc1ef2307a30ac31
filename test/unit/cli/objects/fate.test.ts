import { describe, expect, test } from 'vitest';
import { membersOf } from '../../../../src/cli/cluster/members.ts';
import { type Fate, fateOf, type Seen } from '../../../../src/cli/objects/fate.ts';
import { now, record, secondsAgo, source } from '../../../support/cli/cluster.ts';

const key = 'agents/prod/a.json';
const file = { key, version: '"e1"', size: 4_300, modifiedTime: now - 4_000_000 };
const checkout = source('checkout-agents');
const member = (status: object, spec: object = {}) => membersOf(record(key, status, spec))[0]!;
const base: Seen = { now, source: checkout, key, file, known: { isKeyKnown: false }, members: [], isLedgerRead: true };
const attempts = { attempts: 1, retries: 0 };
const delivered = member({ state: 'Completed', ...attempts, spans: 12, completionTime: secondsAgo(120) });
const partly = member({
  state: 'Completed',
  ...attempts,
  spans: 1,
  rejectedSpans: 1,
  reason: 'InvalidSpanId',
  message: 'the span id is all zeros',
  completionTime: secondsAgo(120),
});
const failed = member({
  state: 'Failed',
  ...attempts,
  reason: 'InvalidJSON',
  message: 'unexpected "}" at offset 1810',
  completionTime: secondsAgo(60),
});
const waits = member(
  { state: 'Pending', ...attempts, reason: 'DestinationUnavailable', message: 'it answered 503' },
  { worker: 'spanferry-0' },
);
const tooLate = member({
  state: 'Completed',
  ...attempts,
  reason: 'Superseded',
  message: 'it has version "e2"',
  completionTime: secondsAgo(60),
});
const back: Seen['known'] = { isKeyKnown: true, isBack: true, outcome: 'superseded' };
const of = (each: typeof delivered): Partial<Seen> => ({ known: { isKeyKnown: false, member: each }, members: [each] });

describe('what became of a file', () => {
  test.each<[sentence: string, seen: Partial<Seen>, fate: Fate, says: RegExp]>([
    ['its record says that it was delivered', of(delivered), 'Completed', /^It was delivered 2 min ago: 12 spans\.$/],
    [
      'or failed, and what mends it',
      of(failed),
      'Failed',
      /^It failed 1 min ago after 1 attempt \(InvalidJSON: unexpected "}" at offset 1810\)\.$/,
    ],
    ['or waits, and for what', of(waits), 'Pending', /^It waits for worker spanferry-0 \(DestinationUnavailable: it answered 503\)\.$/],
    [
      'the ledger knows it when its record is gone',
      { known: { isKeyKnown: true, outcome: 'completed' } },
      'Completed',
      /^It was delivered: the ledger knows exactly this content/,
    ],
    ['also that it failed', { known: { isKeyKnown: true, outcome: 'failed' } }, 'Failed', /`retry --all-failed` tries it again\.$/],
    [
      'what of it was rejected, and why',
      of(partly),
      'Completed',
      /^It was delivered 2 min ago: 1 span, and 1 was rejected \(InvalidSpanId: the span id is all zeros\)\.$/,
    ],
    ['it is not in the store, but was', { file: undefined, members: [delivered] }, 'Completed', /^It was delivered 2 min ago/],
    ['it is not there and never was', { file: undefined }, 'Gone', /^There is no such object in the store/],
    [
      'it is gone, but was ingested',
      { file: undefined, known: { isKeyKnown: true } },
      'Gone',
      /the ledger knows what was ingested under this key/,
    ],
    ['nobody could ask the store', { file: 'unknown' }, 'Unknown', /the store could not be asked\.$/],
    [
      'its ending is another',
      { known: { isKeyKnown: false, skip: 'extension' } },
      'LeftAlone',
      /^It is left alone: it does not end with \.json \(spec\.scan\.extensions\)\.$/,
    ],
    [
      'a glob leaves it out',
      { source: source('x', { scan: { exclude: ['**/b/**', '**/a.json'] } }), known: { isKeyKnown: false, skip: 'exclude' } },
      'LeftAlone',
      /the glob \*\*\/a\.json of spec\.scan\.exclude matches it/,
    ],
    [
      'it still rests',
      { source: source('x', { scan: { minAge: '5h' } }), known: { isKeyKnown: false, skip: 'young' } },
      'Waits',
      /less than 5h ago \(spec\.scan\.minAge\)/,
    ],
    ['it is archived', { file: { ...file, archived: true } }, 'LeftAlone', /archive class/],
    [
      'it has new content that the source ignores',
      { source: source('x', { scan: { overwritten: 'Ignore' } }), known: { isKeyKnown: true } },
      'LeftAlone',
      /spec\.scan\.overwritten is Ignore/,
    ],
    ['its source is suspended', { source: source('x', { suspend: true }) }, 'Waits', /`spanferry resume x` goes on/],
    [
      'its store cannot be read',
      {
        source: source(
          'x',
          {},
          {
            conditions: [
              {
                type: 'StoreReady',
                status: 'False',
                reason: 'AccessDenied',
                message: 'AccessDenied: no',
                lastTransitionTime: secondsAgo(9),
              },
            ],
          },
        ),
      },
      'Waits',
      /^It waits: the source cannot go on\. AccessDenied: no\.$/,
    ],
    ['it is new', {}, 'New', /^It matches and was not seen before: it is taken by a scan within 60s/],
    ['or new content', { known: { isKeyKnown: true } }, 'New', /^It is new content under a key that was ingested before/],
    [
      'or back',
      { known: back },
      'New',
      /^It was overwritten before it could be read, and is there again: it is taken by a scan within 60s/,
    ],
    [
      'or back, and the source ignores that',
      { source: source('x', { scan: { overwritten: 'Ignore' } }), known: back },
      'LeftAlone',
      /^It is left alone: it was overwritten before it could be read, and spec\.scan\.overwritten is Ignore\.$/,
    ],
    [
      'it was overwritten and is gone',
      { file: undefined, members: [tooLate] },
      'Completed',
      /^It was overwritten before it could be read; /,
    ],
  ])('%s', (_sentence, seen, fate, says) => {
    const answer = fateOf({ ...base, ...seen });
    expect(answer.fate).toBe(fate);
    expect(answer.sentences[0]).toMatch(says);
  });

  test.each<[what: string, seen: Partial<Seen>, ledger: string]>([
    ['is in it', { file, known: { isKeyKnown: true, outcome: 'completed' } }, 'completed'],
    ['was overwritten', { file, known: back }, 'it was overwritten before it could be read'],
    ['has another content now', { file, known: { isKeyKnown: true } }, 'another content under this key'],
    ['was not found under this key, whatever the store has', { file: 'unknown' }, 'not in it'],
    [
      'was ingested in some version, while the store cannot be asked which it has',
      { file: 'unknown', known: { isKeyKnown: true } },
      'something under this key was ingested; of which content and how it ended is not known',
    ],
    ['may be in a ledger that nobody could read', { file: 'unknown', isLedgerRead: false }, 'could not be read'],
  ])('is looked up in the ledger, where a file %s', (_what, seen, ledger) => {
    expect(fateOf({ ...base, ...seen }).sentences.at(-1)).toBe(`Ledger: ${ledger}.`);
  });

  test('is said with the record that is over, where the file is there again', () => {
    expect(fateOf({ ...base, known: back, members: [tooLate] }).sentences).toContain(
      `Record: ${tooLate.record.metadata.name}, of the time before it was overwritten.`,
    );
  });

  test('is said with how it is known', () => {
    expect(fateOf({ ...base, ...of(failed) }).sentences.slice(1)).toEqual([
      'Correct the writer; the message names the place.',
      'In the store: 4.3 kB, modified 1 h ago, version "e1".',
      'Matches the source: yes.',
      `Record: ${failed.record.metadata.name}, Failed.`,
      'Ledger: not in it.',
    ]);
  });
});
