import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../src/api/failure.ts';
import { nextStep, type Past, type Seen, type Step } from '../../../src/sources/next-step.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const now = 100 * hour;

const ended = (ago: number, tookMs = second): Past => ({ startedAt: now - ago - tookMs, endedAt: now - ago, tookMs });
const well = { is: 'well', at: now } as const;
const denied: Failure = { reason: 'AccessDenied', message: 'grant s3:ListBucket' };
const holes: Failure = { reason: 'LedgerIncomplete', message: 'segment 1 of 3 is missing' };
const failed = (failure: Failure, inMs: number) => ({ is: 'failed', failure, againAt: now + inMs }) as const;

const brandNew: Seen = {
  now,
  suspended: false,
  asked: {},
  ledger: well,
  modified: 'known',
  store: well,
  selection: 'a',
  intervalMs: minute,
  newKeysComeLast: false,
  isCounting: false,
};
const settled: Seen = {
  ...brandNew,
  newKeysComeLast: true,
  lastFull: { ...ended(5 * minute), selection: 'a' },
  lastScan: ended(5 * minute),
};
const listing = { selection: 'a', isParked: false };
const parked: Seen = { ...brandNew, listing: { ...listing, isParked: true } };

const cases: readonly [sentence: string, seen: Seen, expected: Partial<Step>][] = [
  ['nothing is done before the ledger is open', { ...brandNew, ledger: { is: 'unknown' } }, { do: 'open ledger' }],
  ['a ledger with holes stops the source', { ...settled, ledger: failed(holes, minute) }, { do: 'report', failure: holes, halts: true }],
  ['but not a test of its store', { ...settled, ledger: failed(holes, minute), asked: { test: 't1' } }, { do: 'test', token: 't1' }],
  ['and is read again after a while: somebody may restore it', { ...settled, ledger: failed(holes, 0) }, { do: 'open ledger' }],
  [
    'or at once when somebody accepts it',
    { ...settled, ledger: failed(holes, minute), asked: { acceptLedger: 't1' } },
    { do: 'open ledger', acceptToken: 't1' },
  ],
  [
    'a token does not hurry a ledger that cannot be read at all',
    { ...settled, ledger: failed({ reason: 'ApiUnavailable', message: 'timeout' }, minute), asked: { acceptLedger: 't1' } },
    { do: 'report' },
  ],
  [
    'a whole ledger is read anew when somebody says so',
    { ...settled, asked: { acceptLedger: 't1' } },
    { do: 'open ledger', acceptToken: 't1' },
  ],
  ['a test is made although the source is suspended', { ...settled, suspended: true, asked: { test: 't1' } }, { do: 'test', token: 't1' }],
  [
    'a test is made although the store is out of reach',
    { ...settled, store: failed(denied, minute), asked: { test: 't1' } },
    { do: 'test' },
  ],
  [
    'a suspended source does nothing else, whatever is due',
    { ...brandNew, suspended: true, asked: { scan: 't1' } },
    { do: 'report', halts: true },
  ],
  [
    'a source that the policy refuses neither',
    { ...brandNew, refused: { reason: 'NotAllowed', message: 'no' } },
    { do: 'report', halts: true },
  ],
  [
    'failed files are retried without waiting for the store',
    { ...settled, store: failed(denied, minute), asked: { retryFailed: 't1' } },
    { do: 'retry failed' },
  ],
  [
    'while they begin, everything else goes on',
    { ...settled, asked: { retryFailed: 't1' }, retry: { token: 't1', isDone: false } },
    { do: 'list', how: 'tail' },
  ],
  [
    'and only when all have begun the token is handled',
    { ...settled, asked: { retryFailed: 't1' }, retry: { token: 't1', isDone: true } },
    { do: 'end retry', token: 't1' },
  ],
  [
    'a new token is a new wish',
    { ...settled, asked: { retryFailed: 't2' }, retry: { token: 't1', isDone: false } },
    { do: 'retry failed', token: 't2' },
  ],
  [
    'the moment of scan.modified is written before anything is listed',
    { ...brandNew, modified: 'to write', store: { is: 'unknown' } },
    { do: 'write modified' },
  ],
  ['a store is probed before it is listed', { ...brandNew, store: { is: 'unknown' } }, { do: 'probe' }],
  [
    'one that fails is reported',
    { ...settled, store: failed(denied, 20 * second) },
    { do: 'report', failure: denied, halts: false, againAt: now + 20 * second },
  ],
  ['and probed again', { ...settled, store: failed(denied, 0) }, { do: 'probe' }],
  ['one that works is probed now and then', { ...settled, store: { is: 'well', at: now - 11 * minute } }, { do: 'probe' }],
  [
    'the newest files are looked for before files of an unknown age are taken',
    { ...brandNew, modified: 'to list' },
    { do: 'list', how: 'newest' },
  ],
  ['once', { ...brandNew, modified: 'to list', isCounting: true }, { do: 'wait' }],
  ['a new source starts with a full listing', brandNew, { do: 'list', how: 'full', because: 'first scan' }],
  ['and waits for its end', { ...brandNew, listing }, { do: 'wait' }],
  [
    'an edited selection is listed in full at once',
    { ...settled, selection: 'b', lastScan: ended(0) },
    { how: 'full', because: 'the selection was edited' },
  ],
  ['even while the old one is listed', { ...brandNew, selection: 'b', listing }, { how: 'full', because: 'the selection was edited' }],
  [
    'an annotation asks for a full listing',
    { ...settled, asked: { scan: 't1' } },
    { how: 'full', because: 'asked by annotation', token: 't1' },
  ],
  ['which is not begun twice', { ...settled, asked: { scan: 't1' }, listing: { ...listing, token: 't1' } }, { do: 'wait' }],
  ['while files wait for slots the others are counted', parked, { do: 'list', how: 'count' }],
  ['in peace', { ...parked, isCounting: true }, { do: 'wait' }],
  ['and again after the interval', { ...parked, lastCount: ended(20 * second) }, { do: 'wait', until: now + 39 * second }],
  ['unless counting takes long', { ...parked, lastCount: ended(5 * minute, 20 * minute) }, { do: 'wait', until: now + 15 * minute }],
  ['a settled source lists the tail once its interval is over', settled, { do: 'list', how: 'tail' }],
  ['before that it waits', { ...settled, lastScan: ended(19 * second) }, { do: 'wait', until: now + 40 * second }],
  [
    'where new keys come anywhere every listing is full',
    { ...settled, newKeysComeLast: false },
    { how: 'full', because: 'new keys may come anywhere' },
  ],
  ['late keys are looked for hourly', { ...settled, lastFull: { ...ended(hour), selection: 'a' } }, { how: 'full', because: 'late keys' }],
  [
    'but a listing that takes an hour is not repeated hourly',
    { ...settled, lastFull: { ...ended(2 * hour, hour), selection: 'a' } },
    { how: 'tail' },
  ],
  [
    'a file that only a full listing finds is looked for soon',
    { ...settled, lastScan: ended(5 * second), wanted: 'a record was deleted' },
    { how: 'full', because: 'a record was deleted' },
  ],
  ['though not without a rest', { ...settled, lastScan: ended(0), wanted: 'a record was deleted' }, { do: 'wait', until: now + second }],
];

describe('what a source needs next', () => {
  test.each(cases)('%s', (_sentence, seen, expected) => {
    expect(nextStep(seen)).toMatchObject(expected);
  });
});
