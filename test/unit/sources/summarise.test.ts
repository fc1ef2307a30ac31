import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../src/api/failure.ts';
import { ingestionSource, type SourceStatus } from '../../../src/api/ingestionsource.ts';
import { newHead } from '../../../src/ledger/segment.ts';
import type { Census } from '../../../src/sources/census.ts';
import { happenings, restMs, urgency } from '../../../src/sources/news.ts';
import { type Known, summarise } from '../../../src/sources/summarise.ts';
import { counting } from '../../../src/sources/tally.ts';
import { type KStatus, kstatus } from '../../support/kstatus.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const { spec } = ingestionSource.parse({
  apiVersion: 'spanferry.io/v1alpha1',
  kind: 'IngestionSource',
  metadata: { name: 'checkout-agents' },
  spec: { store: { s3: { bucket: 'acme-traces', prefix: 'agents/prod/' } } },
});
const quiet: Census = { pending: 0, processing: 0, waiting: 0, troubles: {}, recentFailures: [] };
const fresh: SourceStatus = { observedGeneration: -1 };
const tally = (matched: number) => ({ ...counting(), listed: 1_204, matched });
const scan = (matched: number) => ({ tally: tally(matched), startedAt: now - 1_000, endedAt: now, isWhole: true });

const flowing: Known = {
  before: fresh,
  spec,
  moment: { now, generation: 1 },
  location: 's3://acme-traces/agents/prod/',
  store: 'well',
  hasBegun: true,
  census: { ...quiet, pending: 1, processing: 2 },
  ledger: { head: { ...newHead, completed: 1_204 }, segments: 1 },
  backlog: 0,
  unwritten: 0,
  scan: scan(1_207),
};
const denied: Failure = { reason: 'AccessDenied', message: 'user reader may not list acme-traces: grant s3:ListBucket' };
const away: Failure = { reason: 'DestinationUnavailable', message: 'http://collector:4318 refuses connections' };

type Case = readonly [
  sentence: string,
  known: Partial<Known>,
  kstatus: KStatus,
  ready: { readonly status: string; readonly reason: string; readonly message?: unknown },
];

const cases: readonly Case[] = [
  ['while files flow it says how many', {}, 'Current', { status: 'True', reason: 'Flowing', message: '1,204 files done, 3 under way' }],
  [
    'what is done with counts as under way until the ledger has it, so that no file is missing from the sum',
    { census: quiet, unwritten: 3 },
    'Current',
    { status: 'True', reason: 'Flowing', message: '1,204 files done, 3 under way' },
  ],
  [
    'with what is to come and what failed',
    { backlog: 50_000, ledger: { head: { ...newHead, completed: 1, failed: 2 }, segments: 1 } },
    'Current',
    { status: 'True', reason: 'Flowing', message: '1 file done, 3 under way, 50,000 to come, 2 failed' },
  ],
  ['before the first page it is too early to tell', { hasBegun: false }, 'InProgress', { status: 'Unknown', reason: 'Scanning' }],
  [
    'a scan that matches nothing works, and says why nothing flows',
    {
      scan: { ...scan(0), tally: { ...tally(0), skipped: { ...counting().skipped, extension: 1_204 } } },
      ledger: { head: newHead, segments: 1 },
      census: quiet,
    },
    'Current',
    { status: 'True', reason: 'NoData', message: '1,204 objects under agents/prod/, none ends with .json' },
  ],
  [
    'a missing permission stalls it, with cause and remedy',
    { store: denied, stopped: denied },
    'Failed',
    {
      status: 'False',
      reason: 'AccessDenied',
      message: `AccessDenied: ${denied.message}. Grant what the message names on the place that the source reads.`,
    },
  ],
  [
    'an outage is waited out',
    { store: { reason: 'StoreUnavailable', message: 'HTTP 503' } },
    'InProgress',
    { status: 'False', reason: 'StoreUnavailable' },
  ],
  [
    'a destination that is away is waited out',
    { census: { ...quiet, waiting: 3, troubles: { destination: { ...away, reason: 'DestinationUnavailable' } } } },
    'InProgress',
    { status: 'False', reason: 'DestinationUnavailable' },
  ],
  [
    'a destination without its Secret stalls it',
    { destination: { reason: 'CredentialError', message: 'there is no Secret collector' } },
    'Failed',
    { status: 'False', reason: 'CredentialError' },
  ],
  [
    'a hole in the ledger stalls it',
    { stopped: { reason: 'LedgerIncomplete', message: 'segment 1 of 3 is missing' } },
    'Failed',
    { status: 'False', reason: 'LedgerIncomplete' },
  ],
  [
    'suspended, it is as its spec wants it, and says so',
    { stopped: { reason: 'Suspended', message: 'spec.suspend is true' } },
    'Current',
    { status: 'True', reason: 'Suspended', message: 'suspended: nothing is scanned or ferried; 1,204 files done, 3 under way' },
  ],
];

const of = (status: SourceStatus, type: string) => status.conditions?.find((each) => each.type === type);

describe('the status of a source', () => {
  test.each(cases)('%s', (_sentence, known, expected, ready) => {
    const status = summarise({ ...flowing, ...known });
    expect(of(status, 'Ready')).toMatchObject(ready);
    expect(kstatus({ metadata: { generation: 1 }, status })).toBe(expected);
    expect(ingestionSource.shape.status.safeParse(status).success).toBe(true);
  });

  test('names the side that is in trouble', () => {
    const status = summarise({ ...flowing, destination: { reason: 'CredentialError', message: 'there is no Secret collector' } });
    expect([of(status, 'StoreReady')?.status, of(status, 'DestinationReady')?.status]).toEqual(['True', 'False']);
  });

  test('says that a generation was handled only when it was', () => {
    const before = summarise(flowing);
    const outage: Failure = { reason: 'StoreUnavailable', message: 'HTTP 503' };
    const edited = { ...flowing, before, moment: { now, generation: 2 } };
    expect(summarise({ ...edited, hasBegun: false }).observedGeneration).toBe(1);
    expect(summarise({ ...edited, store: outage, stopped: outage }).observedGeneration).toBe(1);
    expect(summarise({ ...edited, store: denied, stopped: denied }).observedGeneration).toBe(2);
    expect(summarise(edited).observedGeneration).toBe(2);
  });

  test('a new leader repeats what was said until it has seen for itself', () => {
    const before = summarise(flowing);
    const { ledger: _, scan: __, store: ___, ...blank } = flowing;
    const status = summarise({ ...blank, before, hasBegun: false, census: flowing.census });
    expect(urgency(before, status)).toBe('none');
  });

  test('takes away a moment that no rule asks for any more', () => {
    const head = { ...newHead, modified: { rule: 'since 7d', after: '2026-11-13T12:00:00.000Z' } };
    const before = summarise({ ...flowing, ledger: { head, segments: 1 } });
    expect(before.modifiedAfter).toBe('2026-11-13T12:00:00.000Z');
    expect(summarise({ ...flowing, before }).modifiedAfter).toBeUndefined();
  });
});

describe('what is worth a write or an event', () => {
  const before = summarise(flowing);
  const later = { ...scan(1_207), startedAt: now + 60_000, endedAt: now + 61_000 };
  const changes: readonly [sentence: string, known: Partial<Known>, urgency: string, reasons: readonly string[]][] = [
    ['nothing new is not', {}, 'none', []],
    ['a scan without news is, now and then', { scan: later }, 'times', []],
    ['also where it listed something else', { scan: { ...later, tally: { ...tally(100), listed: 100 } } }, 'times', []],
    ['counts are, when they have rested', { census: { ...quiet, pending: 5 } }, 'counts', []],
    ['a scan with news is', { scan: { ...later, tally: { ...tally(1_210), new: 3 } } }, 'counts', ['ScanCompleted']],
    ['trouble is, at once', { store: denied, stopped: denied }, 'now', ['AccessDenied']],
    ['a test is', { test: { token: 't1', time: '2026-11-20T12:00:00Z', ok: true, filesFound: 3 } }, 'now', ['TestSucceeded']],
    [
      'a failed test is',
      { test: { token: 't1', time: '2026-11-20T12:00:00Z', ok: false, reason: 'AccessDenied', message: 'no' } },
      'now',
      ['TestFailed'],
    ],
  ];
  test.each(changes)('%s', (_sentence, known, expected, reasons) => {
    const after = summarise({ ...flowing, before, ...known });
    expect(urgency(before, after)).toBe(expected);
    expect(happenings(before, after).map(({ reason }) => reason)).toEqual(reasons);
  });

  test('the end of trouble is news', () => {
    const broken = summarise({ ...flowing, before, store: denied, stopped: denied });
    expect(happenings(broken, summarise({ ...flowing, before: broken }))).toMatchObject([{ type: 'Normal', reason: 'Recovered' }]);
    expect(happenings(broken, broken)).toEqual([]);
  });

  test('a scan without news after one with news is no news', () => {
    const found = summarise({ ...flowing, before, scan: { ...later, tally: { ...tally(1_210), new: 3 } } });
    const next = { ...later, startedAt: now + 120_000, endedAt: now + 121_000 };
    const after = summarise({ ...flowing, before: found, scan: next });
    expect(urgency(found, after)).toBe('times');
    expect(after.lastScan).toMatchObject({ new: 0, startTime: new Date(next.startedAt).toISOString() });
    expect(happenings(found, after)).toEqual([]);
  });

  test('somebody who suspends and resumes hears of it, and suspending is no recovery', () => {
    const stopped: Failure = { reason: 'Suspended', message: 'spec.suspend is true' };
    const suspended = summarise({ ...flowing, before, stopped });
    const told = (was: SourceStatus, is: SourceStatus) => happenings(was, is).map(({ type, reason }) => `${type} ${reason}`);
    expect(told(before, suspended)).toEqual(['Normal Suspended']);
    expect(told(suspended, suspended)).toEqual([]);
    expect(told(suspended, summarise({ ...flowing, before: suspended }))).toEqual(['Normal Resumed']);
    expect(told(suspended, summarise({ ...flowing, before: suspended, store: denied }))).toEqual(['Warning AccessDenied']);
    const broken = summarise({ ...flowing, before, store: denied });
    expect(told(broken, summarise({ ...flowing, before: broken, stopped }))).toEqual(['Normal Suspended']);
  });

  test('counts rest for two seconds, times for five minutes', () => {
    expect([restMs('now', 0), restMs('counts', 500), restMs('counts', 5_000), restMs('times', 60_000), restMs('none', 0)]).toEqual([
      0,
      1_500,
      0,
      240_000,
      undefined,
    ]);
  });
});
