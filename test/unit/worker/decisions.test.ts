import { describe, expect, test } from 'vitest';
import type { FileStatus, IngestionFile } from '../../../src/api/ingestionfile.ts';
import { parseSource } from '../../../src/api/parse.ts';
import { type Reason, reasons } from '../../../src/api/reasons.ts';
import type { Summary } from '../../../src/transcode/port.ts';
import { endOf, type Progress, progressFrom } from '../../../src/worker/ferry.ts';
import { type Hindrance, pick } from '../../../src/worker/pick.ts';
import { type Seen, verdict } from '../../../src/worker/verdict.ts';
import { aRecord } from '../../support/records.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

const specWith = (more: object = {}) => {
  const parsed = parseSource({
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionSource',
    metadata: { name: 'checkout' },
    spec: { store: { s3: { bucket: 'acme-traces', region: 'us-east-1' } }, ...more },
  });
  if (!parsed.ok) throw new Error(parsed.failure.message);
  return parsed.value.spec;
};

const summary: Summary = {
  format: 'OTLP JSON',
  spans: 12,
  rejectedSpans: 0,
  traces: 1,
  rejected: [],
  bytes: 4_096,
  batches: 1,
  services: ['checkout'],
  applicationIds: ['app-1'],
  firstSpanTime: 1_763_632_800_000_000_001n,
  lastSpanTime: 1_763_632_801_000_000_000n,
  warnings: [],
};

const progress: Progress = { batches: 1, spans: 12, rejectedSpans: 0, requests: 1, rejected: [], moved: 1 };
const failed = (reason: Reason): Seen['ferried'] => ({
  ended: 'failed',
  failure: { reason, message: 'what was seen' },
});

type Case = readonly [sentence: string, ferried: Seen['ferried'], record: IngestionFile, expected: Partial<FileStatus>, spec?: object];

const young = '2026-11-20T11:58:00Z';

const cases: readonly Case[] = [
  [
    'a file that was read and acknowledged is completed',
    { ended: 'done', summary },
    aRecord(),
    { state: 'Completed', spans: 12, requests: 1, services: ['checkout'] },
  ],
  [
    'spans that were left out are counted, with the first reason',
    { ended: 'done', summary: { ...summary, rejectedSpans: 2, rejected: [{ reason: 'InvalidSpan', message: 'all-zero id', offset: 7 }] } },
    aRecord(),
    { state: 'Completed', rejectedSpans: 2, reason: 'InvalidSpan' },
  ],
  ['bad content fails at once', failed('InvalidTraceId'), aRecord(), { state: 'Failed', reason: 'InvalidTraceId', retries: 0 }],
  [
    'a file that ends in the middle is tried again while it is young',
    failed('Truncated'),
    aRecord({}, { modifiedTime: young }),
    { state: 'Pending', retries: 1, nextAttemptTime: '2026-11-20T12:00:10.000Z' },
  ],
  ['and fails when it is old', failed('Truncated'), aRecord(), { state: 'Failed', reason: 'Truncated' }],
  ['three retries are four attempts', failed('Stuck'), aRecord({ retries: 2 }), { state: 'Pending', retries: 3 }],
  ['after the fourth it fails', failed('Stuck'), aRecord({ retries: 3 }), { state: 'Failed', reason: 'Stuck' }],
  ['no retries means one attempt', failed('Undeliverable'), aRecord(), { state: 'Failed' }, { retry: { maxRetries: 0 } }],
  ['new content under the key completes the old record', failed('Superseded'), aRecord(), { state: 'Completed', reason: 'Superseded' }],
  ['a deleted file fails', failed('Deleted'), aRecord(), { state: 'Failed', reason: 'Deleted' }],
  [
    'trouble of the destination uses no retry',
    { ended: 'waiting', side: 'destination', failure: { reason: 'CredentialError', message: '401' } },
    aRecord({ retries: 1 }),
    { state: 'Pending', retries: 1, reason: 'CredentialError' },
  ],
  [
    'another application is delivered, with a warning',
    { ended: 'done', summary },
    aRecord(),
    { state: 'Completed', warnings: [{ message: 'application.id is app-1, expected is app-2', count: 1 }] },
    { applicationIds: ['app-2'] },
  ],
];

describe('the verdict on a file', () => {
  test.each(cases.map(([sentence, ...rest]) => ({ sentence, rest })))('$sentence', ({ rest: [ferried, record, expected, spec] }) => {
    const status = verdict({ record, spec: specWith(spec), ferried, progress, fingerprint: 'f', startedAt: now - 1_000, now });
    expect(status).toMatchObject(expected);
  });

  test('a failure says how much had been delivered before', () => {
    const status = verdict({
      record: aRecord(),
      spec: specWith(),
      ferried: failed('InvalidTraceId'),
      progress,
      fingerprint: 'f',
      startedAt: now,
      now,
    });
    expect(status.message).toBe('what was seen; 12 spans of this file had been delivered before');
  });
});

describe('a checkpoint', () => {
  const checkpoint = { batches: 3, spans: 30, rejectedSpans: 1, fingerprint: 'f', time: '2026-11-20T11:00:00Z' };
  test('is where the next attempt begins', () =>
    expect(progressFrom(aRecord({ checkpoint }), 'f')).toMatchObject({ batches: 3, spans: 30, rejectedSpans: 1 }));
  test('is worth nothing for another destination or format', () =>
    expect(progressFrom(aRecord({ checkpoint }), 'g')).toMatchObject({ batches: 0, spans: 0 }));
});

describe('a worker picks', () => {
  const old = aRecord({}, { modifiedTime: '2026-11-20T09:00:00Z' }, { name: 'old' });
  const fresh = aRecord({}, { modifiedTime: '2026-11-20T11:00:00Z' }, { name: 'fresh' });
  const suspect = aRecord({ workersLost: 1 }, {}, { name: 'suspect' });
  const waiting = aRecord({}, {}, { name: 'waiting' });
  const hindrance = ({ metadata }: IngestionFile): Hindrance | undefined => (metadata.name === 'waiting' ? 'waiting' : undefined);
  const picks: readonly [
    sentence: string,
    mine: readonly IngestionFile[],
    running: readonly IngestionFile[],
    concurrency: number,
    start: readonly string[],
    waiting: number,
  ][] = [
    ['the newest first', [old, fresh], [], 2, ['fresh', 'old'], 0],
    ['no more than it may', [old, fresh], [], 1, ['fresh'], 0],
    ['nothing when its hands are full', [fresh], [old], 1, [], 0],
    ['a suspect before all others, alone', [old, suspect, fresh], [], 8, ['suspect'], 0],
    ['nothing beside a suspect', [old, fresh], [suspect], 8, [], 0],
    ['no suspect while others are under way, and no others either', [suspect, fresh], [old], 8, [], 0],
    ['what is not held up, and counts the rest', [waiting, fresh], [], 8, ['fresh'], 1],
  ];
  test.each(picks)('%s', (_sentence, mine, running, concurrency, start, count) => {
    const choice = pick(mine, running, concurrency, hindrance);
    expect(choice.start.map(({ metadata }) => metadata.name)).toEqual(start);
    expect(choice.waiting).toBe(count);
  });
});

describe('what goes wrong while a file is read', () => {
  const side = (reason: Reason) => endOf({ reason, message: 'what was seen' }).ended;
  const mended = (Object.keys(reasons) as Reason[]).filter((reason) => reasons[reason].kind === 'waiting');

  test.each([...mended, 'EndpointUnreachable', 'StoreUnavailable', 'Throttled'] as const)(
    '%s makes it wait: no retry is used',
    (reason) => {
      expect(side(reason)).toBe('waiting');
    },
  );

  test.each(['Deleted', 'Unreadable', 'Truncated', 'InvalidJSON', 'InternalError'] as const)('%s is its own', (reason) => {
    expect(side(reason)).toBe('failed');
  });
});
