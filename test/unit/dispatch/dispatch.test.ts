import { afterEach, describe, expect, test } from 'vitest';
import { fail } from '../../../src/api/failure.ts';
import type { FileStatus, IngestionFile } from '../../../src/api/ingestionfile.ts';
import type { DispatchOptions } from '../../../src/dispatch/dispatch.ts';
import { aCandidate, type DispatchWorld, dispatchWorld, type FakeSource, fakeSource, of } from '../../support/dispatch-world.ts';
import { aRecord } from '../../support/records.ts';
import { refusal } from '../../support/worker-world.ts';

let over = new AbortController();
afterEach(() => over.abort());

type Stage = DispatchWorld & { readonly source: FakeSource };

async function running(options: Parameters<typeof dispatchWorld>[0] = {}): Promise<Stage> {
  over = new AbortController();
  const world = dispatchWorld(options);
  void world.dispatch.run(over.signal);
  await world.clock.advance(100);
  return { ...world, source: world.sources[0] as FakeSource };
}

const offer = ({ source, dispatch }: Stage, ...names: readonly string[]) => {
  source.queued.fresh.push(...names.map(aCandidate));
  dispatch.wake();
};
const states = ({ stored }: DispatchWorld) => Object.fromEntries([...stored].map(([name, { status }]) => [name, status.state]));

describe('slots', () => {
  test('are taken by records that the copy does not show yet', async () => {
    const world = await running();
    world.follow(false);
    offer(world, 'a', 'b', 'c', 'd', 'e');
    await world.clock.advance(10_000);
    expect(world.writes).toHaveLength(4);
  });

  test('come back when a record was deleted before the copy could show it', async () => {
    const world = await running();
    world.follow(false);
    offer(world, 'a', 'b', 'c', 'd', 'e');
    await world.clock.advance(1_000);
    for (const name of ['a', 'b', 'c', 'd']) world.stored.delete(name);
    world.follow(true);
    await world.clock.advance(60_000);
    expect(world.writes.at(-1)).toBe('create e');
    expect(world.source.lostFiles()).toBeGreaterThan(0);
  });

  test('go to the source that has waited longest, whatever the rhythm of rounds', async () => {
    const world = await running();
    const other = fakeSource('source-2');
    world.sources.push(other);
    world.workers.set('worker-a', { name: 'worker-a', slots: 1, waiting: 0, fate: 'working' });
    const names = Array.from({ length: 20 }, (_, n) => n);
    world.source.queued.fresh.push(...names.map((n) => aCandidate(`one-${n}`)));
    other.queued.fresh.push(...names.map((n) => aCandidate(`two-${n}`)));
    for (let n = 0; n < 10; n++) {
      world.dispatch.wake();
      await world.clock.advance(3_000);
      for (const [name, { status }] of world.stored) if (status.state === 'Pending') world.setStatus(name, { state: 'Completed' });
      await world.clock.advance(21 * n);
    }
    const created = world.writes.filter((each) => each.startsWith('create'));
    expect(Math.abs(created.filter((each) => each.includes('one')).length - created.length / 2)).toBeLessThanOrEqual(1);
  });
});

describe('a record whose copy lags behind', () => {
  test('is written once', async () => {
    const world = await running();
    world.workers.set('worker-b', { name: 'worker-b', slots: 4, waiting: 0, fate: 'died' });
    world.put(aRecord({}, { worker: 'worker-b' }, { name: 'a' }));
    world.follow(false);
    await world.clock.advance(20_000);
    expect(world.writes).toEqual(['Pending a', 'bind to worker-a: a']);
  });
});

test('a record that may not be created goes back to its source with what the API server said', async () => {
  const world = await running({
    onWrite: () => {
      throw refusal('ApiForbidden');
    },
  });
  offer(world, 'a');
  await world.clock.advance(1_000);
  expect(world.source.givenBack).toEqual(['a: ApiForbidden']);
});

describe('the death of a worker', () => {
  test('counts once, even if the file cannot be bound to another one at first', async () => {
    let binds = 0;
    const world = await running({
      onWrite: (verb) => {
        if (verb.startsWith('bind') && ++binds < 4) throw refusal('ApiUnavailable');
      },
    });
    world.put(aRecord({ state: 'Processing', attempts: 1 }, { worker: 'worker-z' }, { name: 'a' }));
    await world.clock.advance(20_000);
    expect(world.stored.get('a')).toMatchObject({ spec: { worker: 'worker-a' }, status: { state: 'Pending', workersLost: 1 } });
  });

  test('leaves the files where they are until another worker lives', async () => {
    const world = await running();
    world.workers.clear();
    world.put(aRecord({}, { worker: 'worker-z' }, { name: 'a' }));
    await world.clock.advance(60_000);
    expect(world.writes).toEqual([]);
    world.workers.set('worker-b', { name: 'worker-b', slots: 4, waiting: 0, fate: 'working' });
    await world.clock.advance(5_000);
    expect(world.stored.get('a')?.spec.worker).toBe('worker-b');
  });
});

describe('a record that a backup brought back without its status', () => {
  test.each([
    ['completed', 'Completed'],
    ['failed', 'Failed'],
  ] as const)('is finished if the ledger knows its file as %s', async (outcome, state) => {
    const world = await running();
    world.source.ledger.set('agents/a.json', outcome);
    world.put(
      aRecord({}, { worker: 'worker-gone' }, { name: 'a', annotations: { 'spanferry.io/force': 't1', 'spanferry.io/retry': 't1' } }),
    );
    await world.clock.advance(10_000);
    expect(world.stored.get('a')?.status).toMatchObject({ state, attempts: 1 });
    expect(world.writes).toHaveLength(1);
  });

  test('is ferried if the ledger does not know it', async () => {
    const world = await running();
    world.put(aRecord({}, { worker: 'worker-gone' }, { name: 'a' }));
    await world.clock.advance(5_000);
    expect(world.stored.get('a')?.spec.worker).toBe('worker-a');
  });

  test('is ferried if the ledger only knows that its file was overwritten before it could be read: it may be back', async () => {
    const world = await running();
    world.source.ledger.set('agents/a.json', 'superseded');
    world.put(aRecord({}, { worker: 'worker-gone' }, { name: 'a' }));
    await world.clock.advance(5_000);
    expect(world.stored.get('a')).toMatchObject({ spec: { worker: 'worker-a' }, status: { state: 'Pending' } });
  });

  test('goes back to the source that it names, where the backup dropped its owner, too', async () => {
    const world = await running();
    const nobodys = { ownerReferences: [] };
    world.source.ledger.set('agents/done.json', 'completed');
    // More than a round takes in, of a source that is not there: they are in nobody's way.
    for (let n = 0; n < 150; n++) {
      world.put(aRecord({}, { worker: 'worker-gone', sourceRef: { name: 'another' } }, { name: `foreign-${n}`, ...nobodys }));
    }
    world.put(aRecord({}, { worker: 'worker-gone', sourceRef: { name: 'source-1' } }, { name: 'done', ...nobodys }));
    world.put(aRecord({}, { worker: 'worker-gone', sourceRef: { name: 'source-1' } }, { name: 'open', ...nobodys }));
    await world.clock.advance(10_000);
    expect(world.stored.get('done')?.status.state).toBe('Completed');
    expect(world.stored.get('open')?.spec.worker).toBe('worker-a');
    expect(world.stored.get('open')?.metadata.ownerReferences).toEqual([expect.objectContaining({ uid: 'source-1' })]);
    expect(world.stored.get('foreign-0')?.spec.worker).toBe('worker-gone');
  });

  test('is not mistaken for a file that somebody forces', async () => {
    const world = await running();
    world.source.ledger.set('agents/a.json', 'completed');
    world.put(aRecord({ state: 'Completed', attempts: 1 }, {}, { name: 'a', annotations: { 'spanferry.io/force': 't1' } }));
    await world.clock.advance(10_000);
    expect(world.stored.get('a')?.status).toMatchObject({ state: 'Pending', handled: { force: 't1' } });
  });
});

describe('a record whose source does not match its key any more', () => {
  const unwanted: Pick<DispatchOptions, 'isWanted'> = { isWanted: ({ metadata }) => metadata.name !== 'a' };

  test('goes if nobody has begun it, and is not looked for', async () => {
    const world = await running(unwanted);
    world.put(aRecord({}, {}, { name: 'a' }));
    world.put(aRecord({}, {}, { name: 'b' }));
    await world.clock.advance(5_000);
    expect(states(world)).toEqual({ b: 'Pending' });
    expect(world.source.lostFiles()).toBe(0);
  });

  test('is left to the worker that has begun it', async () => {
    const world = await running(unwanted);
    world.put(aRecord({ state: 'Processing', attempts: 1 }, {}, { name: 'a' }));
    await world.clock.advance(5_000);
    expect(states(world)).toEqual({ a: 'Processing' });
  });
});

describe('a file that was overwritten before it could be read and is back', () => {
  const superseded: Partial<FileStatus> = { state: 'Completed', reason: 'Superseded', attempts: 1, completionTime: '2026-11-20T11:00:00Z' };
  const back = { ...aCandidate('a'), modifiedTime: '2026-11-20T11:30:00Z', alone: true as const };
  const putBack = (world: Stage) => {
    world.source.queued.fresh.push(back);
    world.dispatch.wake();
  };

  test('gets a record of its own in place of the one that is over', async () => {
    const world = await running();
    world.put(aRecord(superseded, {}, { name: 'a', ...of(world.source) }));
    await world.clock.advance(3_000);
    expect([...world.source.ledger]).toEqual([['agents/a.json', 'superseded']]);
    putBack(world);
    await world.clock.advance(3_000);
    expect(world.writes).toEqual(['remove a', 'create a']);
    expect(world.stored.get('a')).toMatchObject({ spec: { modifiedTime: back.modifiedTime }, status: { state: 'Pending', attempts: 0 } });
    world.setStatus('a', { state: 'Completed' });
    await world.clock.advance(3_000);
    expect([...world.source.ledger]).toEqual([['agents/a.json', 'completed']]);
  });

  test('lets the ledger know how it ended before, even if nobody had looked at that yet', async () => {
    const world = await running();
    const endings: (string | undefined)[] = [];
    world.sources.splice(0, 1, { ...world.source, remember: async (_, all) => void endings.push(...all.map(({ outcome }) => outcome)) });
    world.follow(false);
    world.put(aRecord(superseded, {}, { name: 'a', ...of(world.source) }));
    world.source.queued.fresh.push(back);
    world.follow(true);
    await world.clock.advance(100);
    expect(world.writes).toEqual(['remove a', 'create a']);
    expect(endings[0]).toBe('superseded');
  });

  test('goes back to its source where the new record may not be created, and gets it next time', async () => {
    let isRefused = true;
    const world = await running({ onWrite: (verb) => void (verb === 'create' && isRefused && fail('ApiForbidden', 'no')) });
    world.put(aRecord(superseded, {}, { name: 'a', ...of(world.source) }));
    putBack(world);
    await world.clock.advance(3_000);
    expect(world.writes).toEqual(['remove a']);
    expect(world.source.givenBack).toEqual(['a: ApiForbidden']);
    isRefused = false;
    putBack(world);
    await world.clock.advance(3_000);
    expect(world.writes).toEqual(['remove a', 'create a']);
  });

  test('is looked for again where somebody was at the earlier record in that moment', async () => {
    const world = await running();
    world.put(aRecord(superseded, {}, { name: 'a', ...of(world.source) }));
    world.follow(false);
    world.put({ ...(world.stored.get('a') as IngestionFile), metadata: { name: 'a', labels: { seen: 'yes' } } });
    putBack(world);
    await world.clock.advance(3_000);
    expect(world.writes).toEqual([]);
    expect(world.source.lostFiles()).toBe(1);
  });

  test('does not push a record aside that is anything else', async () => {
    const world = await running();
    world.put(aRecord({ state: 'Completed', attempts: 1 }, {}, { name: 'a', ...of(world.source) }));
    putBack(world);
    await world.clock.advance(3_000);
    expect(world.writes).toEqual([]);
  });
});

describe('a record deleted by hand', () => {
  test('is remembered if it was finished, even if nobody had seen it so', async () => {
    const world = await running();
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(100);
    world.setStatus('a', { state: 'Completed' });
    world.remove('a');
    await world.clock.advance(100);
    expect(world.source.ledger.get('agents/a.json')).toBe('completed');
    expect(world.source.lostFiles()).toBe(0);
  });

  test('is remembered as soon as the ledger opens', async () => {
    const world = await running();
    world.put(aRecord({ state: 'Failed' }, {}, { name: 'a' }));
    const [source] = world.sources.splice(0);
    await world.clock.advance(3_000);
    world.remove('a');
    await world.clock.advance(60_000);
    world.sources.push(source as FakeSource);
    await world.clock.advance(3_000);
    expect(world.source.ledger.get('agents/a.json')).toBe('failed');
  });

  test('is looked for if it was not finished', async () => {
    const world = await running();
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(100);
    world.remove('a');
    await world.clock.advance(3_000);
    expect(world.source.lostFiles()).toBe(1);
  });

  test('is not looked for while only its source cannot be served', async () => {
    const world = await running();
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(100);
    const [source] = world.sources.splice(0);
    await world.clock.advance(3_000);
    world.sources.push(source as FakeSource);
    await world.clock.advance(3_000);
    expect(world.source.lostFiles()).toBe(0);
  });
});

describe('retry-failed', () => {
  test('lets as many begin again as there are slots, then the others', async () => {
    const world = await running();
    for (let n = 0; n < 10; n++) world.put(aRecord({ state: 'Failed', attempts: 1 }, {}, { name: `f${n}` }));
    await world.clock.advance(100);
    let isDone = false;
    void world.dispatch.retryFailed('source-1').then(() => {
      isDone = true;
    });
    world.source.ledger.clear();
    await world.clock.advance(5_000);
    expect(isDone).toBe(false);
    const begun = () => [...world.stored.values()].filter(({ status }) => status.state === 'Pending');
    expect(begun()).toHaveLength(4);
    for (const { metadata } of begun()) world.setStatus(metadata.name, { state: 'Completed', attempts: 2 });
    await world.clock.advance(5_000);
    expect(begun()).toHaveLength(4);
    expect(world.source.ledger.get('agents/f9.json')).not.toBe('failed');
    for (const { metadata } of begun().slice(0, 3)) world.setStatus(metadata.name, { state: 'Completed', attempts: 2 });
    const left = [...world.stored.values()].filter(({ status }) => status.state === 'Failed').map(({ metadata }) => metadata.name);
    for (const name of left) world.remove(name);
    await world.clock.advance(5_000);
    expect(isDone, 'all have begun again, or are gone').toBe(true);
  });

  test('waits for a worker', async () => {
    const world = await running();
    world.workers.clear();
    world.put(aRecord({ state: 'Failed', attempts: 1 }, {}, { name: 'a' }));
    await world.clock.advance(100);
    void world.dispatch.retryFailed('source-1');
    await world.clock.advance(60_000);
    expect(states(world)).toEqual({ a: 'Failed' });
    world.workers.set('worker-b', { name: 'worker-b', slots: 1, waiting: 0, fate: 'working' });
    await world.clock.advance(5_000);
    expect(world.stored.get('a')).toMatchObject({ spec: { worker: 'worker-b' }, status: { state: 'Pending' } });
  });

  test('lets a file begin again once, even if it is done before anybody saw it pending', async () => {
    const world = await running();
    world.put(aRecord({ state: 'Failed', attempts: 1 }, {}, { name: 'a' }));
    await world.clock.advance(100);
    world.follow(false);
    void world.dispatch.retryFailed('source-1');
    world.source.ledger.clear();
    await world.clock.advance(5_000);
    expect(world.writes).toEqual(['Pending a']);
    expect([...world.source.ledger]).toEqual([]);
    world.setStatus('a', { state: 'Completed', attempts: 2 });
    world.follow(true);
    await world.clock.advance(5_000);
    expect(world.writes).toEqual(['Pending a']);
    expect(states(world)).toEqual({ a: 'Completed' });
  });
});

describe('finished records', () => {
  const finished = (source: FakeSource, count: number, prefix: string) =>
    Array.from({ length: count }, (_, n) =>
      aRecord(
        { state: 'Completed', completionTime: new Date(Date.parse('2026-11-20T10:00:00Z') + n).toISOString() },
        {},
        { name: `${prefix}-${n}`, ...of(source) },
      ),
    );

  test('go at once where people want to see none', async () => {
    const world = await running();
    world.sources.splice(0, 1, fakeSource('source-1', { completed: 0, failed: 0 }));
    for (const record of finished(world.source, 3, 'r')) world.put(record);
    await world.clock.advance(10_000);
    expect(states(world)).toEqual({});
  });

  test('make room together where their namespace is full, no more than it needs', async () => {
    const world = await running({ caps: { cluster: 1_000, namespace: 100 } });
    const other = fakeSource('source-2');
    world.sources.push(other);
    for (const record of [...finished(world.source, 60, 'one'), ...finished(other, 60, 'two')]) world.put(record);
    await world.clock.advance(30_000);
    expect(world.stored.size).toBe(90);
  });

  test('stay while their verdict is not written', async () => {
    const world = await running();
    const slow = { ...fakeSource('source-1', { completed: 0, failed: 0 }), remember: () => new Promise<void>(() => {}) };
    world.sources.splice(0, 1, slow);
    for (const record of finished(world.source, 3, 'r')) world.put(record);
    await world.clock.advance(10_000);
    expect(Object.keys(states(world))).toHaveLength(3);
  });
});
