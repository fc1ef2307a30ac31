import { describe, expect, test } from 'vitest';
import type { Request } from '../../chaos/history.ts';
import { complaintsOf, type Evidence, type Trace } from '../../chaos/judges.ts';
import { idsOf, type TrueFile } from '../../chaos/truth.ts';
import { aRecord } from '../../support/records.ts';
import { aSource } from '../../support/worker-world.ts';

const file: TrueFile = { number: 3, source: 'checkout', key: 'checkout/run-3.json', writing: 'document', spans: 2, poisonous: false };
const ids = idsOf(file);
const trace: Trace = { file, version: 0, etag: 'etag', isCurrent: true, outcome: 'completed', wasSuperseded: false };
/** It was overwritten before anybody read it, and the ledger knows that. */
const unread: Trace = { ...trace, isCurrent: false, outcome: 'superseded', wasSuperseded: true };
const truncated: Trace = { ...trace, file: { ...file, writing: 'truncated' }, outcome: 'failed' };
const gone = { state: 'Failed', reason: 'Deleted' };
const tooLate = { reason: 'Superseded', spans: 0 };
const request = (more: Partial<Request> = {}): Request => ({
  came: 30_000,
  at: 30_000,
  process: '1.1',
  ids,
  took: new Set(ids),
  acknowledged: true,
  status: 200,
  ...more,
});
const source = (status: object = {}) => ({
  ...aSource(),
  status: {
    observedGeneration: 1,
    files: { pending: 0, processing: 0, completed: 1, failed: 0, backlog: 0 },
    totals: { files: 1, spans: 2, rejectedSpans: 0, retries: 0 },
    ledger: { entries: 1, segments: 1 },
    ...status,
  },
});
const record = (status: object = {}) => aRecord({ state: 'Completed', spans: 2, rejectedSpans: 0, ...status }, { key: file.key });

/** One file that went as it should. */
const fine: Evidence = {
  traces: [trace],
  requests: [request()],
  disturbances: [],
  sources: [source()],
  records: [record()],
  weights: [{ process: '1.1', handles: 30, megabytes: 150 }],
  before: [{ process: '1.1', handles: 28, megabytes: 140 }],
  troubles: [],
};

/** Sent by 1.1, and again by 2.1. */
const twice = [request(), request({ at: 60_000, process: '2.1' })];

const breaches: readonly [sentence: string, change: Partial<Evidence>, says: string][] = [
  ['a span that never came', { requests: [request({ took: new Set(ids.slice(0, 1)), status: 0 })] }, '1 of 2 spans'],
  ['a span from nowhere', { requests: [request({ ids: [...ids, 'c0000090000000000'] })] }, 'c0000090000000000'],
  ['a duplicate without a reason', { requests: twice }, '2 spans again'],
  [
    'a duplicate whose process was killed long after a checkpoint must have been there',
    { requests: twice, disturbances: [{ from: 55_000, until: 55_000, process: '1.1', what: 'kill' }] },
    '2 spans again',
  ],
  [
    'a duplicate while another process was killed',
    { requests: twice, disturbances: [{ from: 31_000, until: 31_000, process: '0.1', what: 'kill' }] },
    '2 spans again',
  ],
  [
    'a duplicate whose source was suspended long after the answer must have been heard',
    { requests: twice, disturbances: [{ from: 33_000, until: 40_000, underWay: true, what: 'suspended' }] },
    '2 spans again',
  ],
  ['a source that waits for something', { sources: [source({ files: { pending: 1, completed: 1, failed: 0 } })] }, 'still has'],
  ['a record that is not finished', { records: [record({ state: 'Processing' })] }, 'is Processing at worker-a'],
  ['a file that the ledger does not know', { traces: [{ ...trace, outcome: undefined }] }, 'the ledger does not know'],
  ['a content that was overwritten, put back and left there', { traces: [{ ...unread, isCurrent: true }], requests: [] }, '2 of 2 spans'],
  ['the same in the ledger', { traces: [{ ...unread, isCurrent: true }] }, 'the ledger does not know'],
  [
    'a content that was overwritten, and the ledger has not heard of it',
    { traces: [{ ...unread, outcome: undefined, wasSuperseded: false }], records: [record(tooLate)] },
    'is Completed: Superseded',
  ],
  ['one that counts once although it ended twice', { traces: [{ ...trace, wasSuperseded: true }] }, 'checkout says'],
  ['a good file that failed', { records: [record({ state: 'Failed', reason: 'Stuck' })] }, 'is Failed: Stuck'],
  ['a truncated file that is said to be gone', { traces: [truncated], records: [record(gone)] }, 'is Failed: Deleted'],
  ['a record that counts fewer spans than its file has', { records: [record({ spans: 1 })] }, '1 + 0 spans of 2'],
  ['a total that counts a file twice', { sources: [source({ totals: { files: 2, spans: 2 } })] }, 'checkout says'],
  ['a total that counts spans twice', { sources: [source({ totals: { files: 1, spans: 4 } })] }, 'checkout says 4 spans'],
  ['a retry', { records: [record({ retries: 1 })] }, 'used 1'],
  ['a process that holds more after the same work again', { weights: [{ process: '1.1', handles: 50, megabytes: 150 }] }, 'after 28'],
  ['memory that grows', { weights: [{ process: '1.1', handles: 28, megabytes: 190 }] }, 'after 28 and 140 MB'],
  ['a process that holds too much', { weights: [{ process: '1.1', handles: 900, megabytes: 150 }] }, '900 handles'],
];

describe('a trial is judged', () => {
  test('nothing is wrong where nothing is wrong', () => {
    expect(complaintsOf(fine)).toEqual([]);
  });

  test.each<[sentence: string, change: Partial<Evidence>]>([
    [
      'was overwritten before it could be read',
      { traces: [unread], records: [record(tooLate)], requests: [], sources: [source({ totals: { files: 1 } })] },
    ],
    [
      'was put back after that and delivered: it has ended twice',
      {
        traces: [{ ...trace, wasSuperseded: true }],
        sources: [source({ files: { completed: 2, failed: 0 }, totals: { files: 2, spans: 2 }, ledger: { entries: 2, segments: 1 } })],
      },
    ],
    [
      'is truncated, and was removed before its record was made once more',
      {
        traces: [{ ...truncated, isCurrent: false }],
        records: [record(gone)],
        requests: [],
        sources: [source({ files: { completed: 0, failed: 1 }, totals: { files: 1 } })],
      },
    ],
  ])('nothing is wrong where a content %s', (_sentence, change) => {
    expect(complaintsOf({ ...fine, ...change })).toEqual([]);
  });

  test.each(breaches)('%s is found', (_sentence, change, says) => {
    const complaints = complaintsOf({ ...fine, ...change });
    expect(complaints.some((each) => each.includes(says))).toBe(true);
  });

  test.each([
    ['a kill of its sender', { disturbances: [{ from: 31_000, until: 31_000, process: '1.1', what: 'kill' }] }],
    [
      'a kill of its sender while a slow collector had not yet answered',
      {
        requests: [request({ at: 35_000 }), request({ at: 60_000 })],
        disturbances: [{ from: 31_000, until: 31_000, process: '1.1', what: 'kill' }],
      },
    ],
    ['an answer that was lost', { requests: [request({ acknowledged: false }), request({ at: 60_000 })] }],
    [
      'its source being suspended as the answer came',
      { disturbances: [{ from: 30_300, until: 40_000, underWay: true as const, what: 'suspended' }] },
    ],
    ['an outage of the place of its sender', { disturbances: [{ from: 20_000, until: 50_000, slot: 1, what: 'cut off' }] }],
  ])('%s explains a duplicate', (_sentence, change) => {
    expect(complaintsOf({ ...fine, requests: twice, ...change })).toEqual([]);
  });
});
