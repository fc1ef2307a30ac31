import { describe, expect, test } from 'vitest';
import type { FileStatus, IngestionFile } from '../../../src/api/ingestionfile.ts';
import type { Candidate, Lane, Supply } from '../../../src/api/supply.ts';
import { allot } from '../../../src/dispatch/allot.ts';
import { census, excess, room } from '../../../src/dispatch/caps.ts';
import { toPrune } from '../../../src/dispatch/prune.ts';
import { rebinding } from '../../../src/dispatch/rebind.ts';
import { freeSlots, roomiest } from '../../../src/dispatch/slots.ts';
import { asked } from '../../../src/dispatch/triggers.ts';
import { aRecord } from '../../support/records.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

describe('free slots', () => {
  const alive = [{ name: 'worker-a', slots: 4, waiting: 0 }];
  const cases: readonly [sentence: string, workers: typeof alive, records: readonly IngestionFile[], expected: number][] = [
    ['an idle worker offers all of its slots', alive, [], 4],
    ['an unfinished file takes one', alive, [aRecord(), aRecord({ state: 'Processing' })], 2],
    ['a finished one takes none', alive, [aRecord({ state: 'Completed' }), aRecord({ state: 'Failed' })], 4],
    ['one that waits for its destination gave it back', [{ name: 'worker-a', slots: 4, waiting: 2 }], [aRecord(), aRecord(), aRecord()], 3],
    ['a worker that drains offers none', [{ name: 'worker-a', slots: 0, waiting: 3 }], [], 0],
    ['files of other workers do not count', alive, [aRecord({}, { worker: 'worker-b' })], 4],
    ['there are never fewer than none', alive, Array.from({ length: 9 }, () => aRecord()), 0],
  ];
  test.each(cases)('%s', (_sentence, workers, records, expected) => {
    expect(freeSlots(workers, records).get('worker-a')).toBe(expected);
  });

  test('files go to the worker with the most room', () => {
    expect(
      roomiest(
        new Map([
          ['a', 1],
          ['b', 3],
          ['c', 2],
        ]),
      ),
    ).toBe('b');
    expect(roomiest(new Map([['a', 0]]))).toBeUndefined();
  });
});

describe('an unfinished file whose worker is gone', () => {
  const cases: readonly [sentence: string, status: Partial<FileStatus>, fate: 'left' | 'died', expected: object][] = [
    ['goes to another worker when its own left in good order', { state: 'Processing' }, 'left', { do: 'rebind' }],
    [
      'goes alone after a death',
      { state: 'Processing' },
      'died',
      { do: 'rebind as suspect', status: { state: 'Pending', workersLost: 1, reason: 'WorkerLost' } },
    ],
    ['goes alone even if nobody saw it start', { state: 'Pending' }, 'died', { do: 'rebind as suspect', status: { workersLost: 1 } }],
    [
      'is no more suspect for the death of a worker that had not begun it alone',
      { state: 'Pending', workersLost: 3 },
      'died',
      { do: 'rebind' },
    ],
    ['goes alone a third time', { state: 'Processing', workersLost: 2 }, 'died', { do: 'rebind as suspect', status: { workersLost: 3 } }],
    [
      'fails with the third death alone',
      { state: 'Processing', workersLost: 3 },
      'died',
      { do: 'fail', status: { state: 'Failed', reason: 'WorkerLost', completionTime: '2026-11-20T12:00:00.000Z' } },
    ],
  ];
  test.each(cases)('%s', (_sentence, status, fate, expected) => {
    expect(rebinding(aRecord(status), fate, now)).toMatchObject(expected);
  });
});

describe('an annotation on a record', () => {
  const cases: readonly [
    sentence: string,
    status: Partial<FileStatus>,
    annotations: Record<string, string>,
    expected: object | undefined,
  ][] = [
    [
      'retry lets a failed file begin again',
      { state: 'Failed', retries: 3 },
      { 'spanferry.io/retry': 't1' },
      { state: 'Pending', retries: 0, handled: { retry: 't1' } },
    ],
    ['is served once', { state: 'Failed', handled: { retry: 't1' } }, { 'spanferry.io/retry': 't1' }, undefined],
    ['retry means nothing to a completed file', { state: 'Completed' }, { 'spanferry.io/retry': 't1' }, undefined],
    [
      'force lets a completed file begin again',
      { state: 'Completed' },
      { 'spanferry.io/force': 't2' },
      { state: 'Pending', handled: { force: 't2' } },
    ],
    ['a file that is under way is left alone', { state: 'Processing' }, { 'spanferry.io/force': 't2' }, undefined],
    ['without one nothing happens', { state: 'Failed' }, {}, undefined],
  ];
  test.each(cases)('%s', (_sentence, status, annotations, expected) => {
    const begun = asked(aRecord(status, {}, { annotations }));
    expected === undefined ? expect(begun).toBeUndefined() : expect(begun).toMatchObject(expected);
  });

  test('a retry goes on from the checkpoint, a forced file starts over', () => {
    const checkpoint = { batches: 2, spans: 20, rejectedSpans: 0, fingerprint: 'f', time: '2026-11-20T10:00:00Z' };
    expect(asked(aRecord({ state: 'Failed', checkpoint }, {}, { annotations: { 'spanferry.io/retry': 'x' } }))?.checkpoint).toEqual(
      checkpoint,
    );
    expect(asked(aRecord({ state: 'Failed', checkpoint }, {}, { annotations: { 'spanferry.io/force': 'x' } }))?.checkpoint).toBeUndefined();
  });
});

describe('pruning', () => {
  const finished = (state: 'Completed' | 'Failed', minute: number) =>
    aRecord({ state, completionTime: `2026-11-20T11:${String(minute).padStart(2, '0')}:00Z` }, {}, { name: `${state}-${minute}` });
  const all = [1, 2, 3, 4].flatMap((minute) => [finished('Completed', minute), finished('Failed', minute)]);
  const names = (records: readonly IngestionFile[]) => records.map(({ metadata }) => metadata.name);

  test('keeps the newest of each kind, as many as the source asks for', () => {
    expect(names(toPrune([{ finished: all, history: { completed: 2, failed: 3 } }], 0)).sort()).toEqual([
      'Completed-1',
      'Completed-2',
      'Failed-1',
    ]);
  });

  test('takes more where the namespace is full: completed ones first, the oldest first', () => {
    expect(names(toPrune([{ finished: all, history: { completed: 100, failed: 100 } }], 5))).toEqual([
      'Completed-1',
      'Completed-2',
      'Completed-3',
      'Completed-4',
      'Failed-1',
    ]);
  });
});

describe('the caps', () => {
  const records = (namespace: string, count: number) => Array.from({ length: count }, () => aRecord({}, {}, { namespace }));
  const caps = { cluster: 100, namespace: 60 };

  test.each([
    ['an empty cluster gives a namespace its own cap', [], 'a', 60],
    ['what is there counts', records('a', 50), 'a', 10],
    ['a namespace at its cap gets nothing', records('a', 60), 'a', 0],
    ['a full cluster still gives a newcomer its share', [...records('a', 60), ...records('b', 40)], 'c', 33],
  ])('%s', (_sentence, seen, namespace, expected) => {
    expect(room(census(seen), namespace, caps)).toBe(expected);
  });
});

describe('slots are given out', () => {
  const supply = (uid: string, files: Partial<Record<Lane, number>>): Supply => {
    const candidate = (lane: Lane, n: number): Candidate => ({
      ...{ name: `${uid}-${lane}-${n}`, key: 'k', version: 'v', size: 1_000_000, modifiedTime: '2026-11-20T10:00:00Z' },
    });
    const made = (lane: Lane) => Array.from({ length: files[lane] ?? 0 }, (_, n) => candidate(lane, n));
    const left: Record<Lane, Candidate[]> = { fresh: made('fresh'), backlog: made('backlog') };
    return {
      source: { namespace: 'ml-platform', name: uid, uid },
      history: { completed: 100, failed: 100 },
      waiting: (lane) => left[lane],
      take: (lane, chosen) => {
        left[lane] = left[lane].filter((each) => !chosen.includes(each));
        return chosen;
      },
      offer: () => true,
      nameOf: ({ key }) => key,
      giveBack: () => {},
      outcome: () => undefined,
      remember: async () => {},
      lost: () => {},
    };
  };
  const means = (slots: number) => ({
    free: new Map([['worker-a', slots]]),
    slots,
    room: new Map([['ml-platform', 1_000]]),
  });
  const countBy = (bindings: ReturnType<typeof allot>) =>
    Object.fromEntries(
      [...Map.groupBy(bindings, ({ supply: { source }, lane }) => `${source.uid}/${lane}`)].map(([key, its]) => [key, its.length]),
    );

  test('in turns, so that a large source does not starve a small one', () => {
    const bindings = allot([supply('large', { backlog: 1_000 }), supply('small', { backlog: 3 })], means(16));
    expect(countBy(bindings)).toEqual({ 'large/backlog': 9, 'small/backlog': 3 });
  });

  test('to fresh files first, and a quarter to nobody else', () => {
    const bindings = allot([supply('backfill', { backlog: 1_000 }), supply('live', { fresh: 2 })], means(16));
    expect(countBy(bindings)).toEqual({ 'live/fresh': 2, 'backfill/backlog': 10 });
  });

  test('sources of one home go to one worker, and to another one only when that is gone', () => {
    const homeless = supply('bucket', { fresh: 6 });
    const at = (home: string) => ({ ...supply(home, { fresh: 3 }), home });
    const workersOf = (names: readonly string[], home: string) => {
      const free = new Map(names.map((name) => [name, 8]));
      const bindings = allot([at(home), homeless], { free, slots: 8 * names.length, room: new Map([['ml-platform', 1_000]]) });
      return new Set(bindings.filter(({ supply: { source } }) => source.uid === home).map(({ worker }) => worker));
    };
    const names = ['worker-a', 'worker-b', 'worker-c'];
    const homes = Array.from({ length: 30 }, (_, n) => `datadog api-${n}`);
    const before = homes.map((home) => [...workersOf(names, home)]);
    for (const its of before) expect(its).toHaveLength(1);
    expect(new Set(before.flat()), 'homes spread').toEqual(new Set(names));
    for (const [n, home] of homes.entries()) {
      const [its] = before[n] ?? [];
      if (its !== 'worker-c') expect([...workersOf(['worker-a', 'worker-b'], home)]).toEqual([its]);
    }
  });

  test('a source waits for its home rather than go elsewhere', () => {
    const home = 'datadog api';
    const free = new Map([
      ['worker-a', 0],
      ['worker-b', 0],
      ['worker-c', 0],
    ]);
    const bindings = (roomy: string) =>
      allot([{ ...supply('slices', { fresh: 1 }), home }], {
        free: new Map([...free, [roomy, 4]]),
        slots: 12,
        room: new Map([['ml-platform', 9]]),
      });
    expect([...free.keys()].map((name) => bindings(name).length).sort()).toEqual([0, 0, 1]);
  });

  test('never beyond the room of the namespace', () => {
    const bindings = allot([supply('large', { fresh: 100 })], { ...means(16), room: new Map([['ml-platform', 5]]) });
    expect(bindings).toHaveLength(5);
  });
});

describe('what is too many', () => {
  const records = (namespace: string, count: number) => Array.from({ length: count }, () => aRecord({}, {}, { namespace }));
  const caps = { cluster: 100, namespace: 60 };

  test.each([
    ['nothing in an empty namespace', [], 'a', 0],
    ['nothing below nine tenths of the cap', records('a', 54), 'a', 0],
    ['what is above', records('a', 58), 'a', 4],
    ['the part of a large namespace in what is too many for the cluster', [...records('a', 50), ...records('b', 48)], 'a', 5],
    ['nothing of a small one, however full the cluster is', [...records('a', 54), ...records('b', 38), ...records('c', 6)], 'c', 0],
  ])('%s', (_sentence, seen, namespace, expected) => {
    expect(excess(census(seen), namespace, caps)).toBe(expected);
  });
});
