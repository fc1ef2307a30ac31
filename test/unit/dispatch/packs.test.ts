import { afterEach, describe, expect, onTestFailed, test } from 'vitest';
import { type FileStatus, filesOf, type IngestionFile, type NamedFile } from '../../../src/api/ingestionfile.ts';
import type { Candidate, Outcome } from '../../../src/api/supply.ts';
import { allot } from '../../../src/dispatch/allot.ts';
import { nextLoad, packLimits } from '../../../src/dispatch/load.ts';
import { endingsOf, packName, returnedOf, specOf, undecidedIn } from '../../../src/dispatch/pack.ts';
import { toPrune } from '../../../src/dispatch/prune.ts';
import { rebinding } from '../../../src/dispatch/rebind.ts';
import { restored } from '../../../src/dispatch/restored.ts';
import { asked } from '../../../src/dispatch/triggers.ts';
import { dispatchWorld, fakeSource } from '../../support/dispatch-world.ts';
import { random, seedOf } from '../../support/random.ts';
import { aPack } from '../../support/records.ts';

let over = new AbortController();
afterEach(() => over.abort());

const KIB = 1024;
const now = Date.parse('2026-11-20T12:00:00Z');
const candidate = (n: number, size = 4 * KIB, more: Partial<Candidate> = {}): Candidate => ({
  ...{ name: `${n}`, key: `agents/${n}.json`, version: 'etag', size, modifiedTime: '2026-11-20T10:00:00Z' },
  ...more,
});
const candidates = (count: number, size?: number) => Array.from({ length: count }, (_, n) => candidate(n, size));
const keys = (files: readonly NamedFile[]) => files.map(({ key }) => key);

describe('the next record of a source', () => {
  const cases: readonly [sentence: string, waiting: readonly Candidate[], expected: number][] = [
    ['is empty where nothing waits', [], 0],
    ['has one file where few wait', candidates(31), 1],
    ['is a pack where many small ones wait', candidates(32), 32],
    ['has no more files than a pack holds', candidates(1_000), 256],
    ['has no more bytes than a pack holds', candidates(1_000, 64 * KIB), 128],
    ['is one file where that is large', [candidate(0, 64 * KIB + 1), ...candidates(100)], 1],
    ['leaves large files out', [candidate(0), candidate(1, 10_000_000), ...candidates(40)], 41],
    ['does not count large files', [...candidates(31), ...Array.from({ length: 50 }, (_, n) => candidate(n, 10_000_000))], 1],
    ['is one file where a pack gave that back', [candidate(0, 1, { alone: true }), ...candidates(100)], 1],
    ['has no file in it that a pack gave back', [...candidates(40), candidate(0, 1, { alone: true })], 40],
  ];
  test.each(cases)('%s', (_sentence, waiting, expected) => {
    const load = nextLoad(waiting);
    expect(load).toHaveLength(expected);
    expect(load[0]).toBe(waiting[0]);
  });
});

test('whatever waits: no file is in two records, no record is over a limit, and sources take turns', () => {
  const seed = seedOf();
  onTestFailed(() => console.error(`SPANFERRY_SEED=${seed}`));
  const chance = random(seed);
  for (let round = 0; round < 200; round++) {
    const supplies = Array.from({ length: 1 + chance.int(5) }, (_, n) => fakeSource(`source-${n}`));
    for (const { source, queued } of supplies) {
      for (const lane of ['fresh', 'backlog'] as const) {
        const files = candidates(chance.int(chance.next() < 0.3 ? 1_500 : 60)).map((file, n) => ({
          ...{ ...file, name: `${source.uid}-${lane}-${n}`, key: `${source.uid}/${lane}/${n}` },
          ...{ size: chance.next() < 0.1 ? chance.int(20_000_000) : chance.int(64 * KIB) },
          ...(chance.next() < 0.02 && { alone: true as const }),
        }));
        queued[lane].push(...files);
      }
    }
    const all = supplies.flatMap(({ queued }) => [...queued.fresh, ...queued.backlog]);
    const slots = 1 + chance.int(40);
    const bindings = allot(supplies, { free: new Map([['worker-a', slots]]), slots, room: new Map([['ml-platform', 1_000]]) });

    const bound = bindings.flatMap((binding) => binding.candidates);
    expect(new Set(keys(bound)).size).toBe(bound.length);
    expect(bindings.length).toBeLessThanOrEqual(slots);
    const left = supplies.flatMap(({ queued }) => [...queued.fresh, ...queued.backlog]);
    expect(bound.length + left.length).toBe(all.length);
    for (const { candidates: files } of bindings) {
      if (files.length === 1) continue;
      expect(files.length).toBeGreaterThanOrEqual(packLimits.least);
      expect(files.length).toBeLessThanOrEqual(packLimits.most);
      expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(packLimits.bytes);
      expect(files.every(({ size, alone }) => size <= packLimits.fileBytes && !alone)).toBe(true);
    }
    // Nobody got two records of a lane more than somebody who has files left in it.
    for (const lane of ['fresh', 'backlog'] as const) {
      const gotten = (uid: string) => bindings.filter((binding) => binding.lane === lane && binding.supply.source.uid === uid).length;
      const most = Math.max(...supplies.map(({ source }) => gotten(source.uid)));
      for (const { source, queued } of supplies) if (queued[lane].length > 0) expect(gotten(source.uid)).toBeGreaterThanOrEqual(most - 1);
    }
  }
});

describe('the record of several files', () => {
  test('has them as a pack, with a title for people; one file has its key', () => {
    expect(specOf(candidates(3))).toEqual({
      pack: candidates(3).map(({ key, version, size, modifiedTime }) => ({ key, version, size, modifiedTime })),
      title: 'agents/0.json +2',
    });
    expect(specOf(candidates(1))).toEqual({ key: 'agents/0.json', version: 'etag', size: 4_096, modifiedTime: '2026-11-20T10:00:00Z' });
  });

  test('is called by its files and its source: the same ones give the same name', () => {
    const { source } = fakeSource('source-1');
    expect(packName(source, candidates(40))).toBe(packName(source, candidates(40)));
    expect(packName(source, candidates(40))).not.toBe(packName(source, candidates(41)));
    expect(packName(source, candidates(40))).not.toBe(packName({ ...source, uid: 'made-anew' }, candidates(40)));
  });
});

const exception = (index: number, reason: string) => ({ index, reason, message: 'what was seen' });
const five: Partial<FileStatus> = {
  state: 'Completed',
  returned: [exception(1, 'Truncated')],
  unread: [exception(2, 'Deleted'), exception(3, 'Superseded'), exception(4, 'Archived')],
};

describe('a finished pack', () => {
  test('enters the ledger with every file that ended, and hands on what it gave back', () => {
    const record = aPack(6, five);
    expect(endingsOf(record).map(({ file, outcome }) => [file.key, outcome])).toEqual([
      ['agents/0.json', 'completed'],
      ['agents/2.json', 'failed'],
      ['agents/3.json', 'superseded'],
      ['agents/4.json', 'failed'],
      ['agents/5.json', 'completed'],
    ]);
    expect(keys(returnedOf(record))).toEqual(['agents/1.json']);
  });

  test('gives back what failed in it when that is to be retried, and stays completed', () => {
    const status = asked({ ...aPack(6, five), metadata: { name: 'pack', annotations: { 'spanferry.io/retry': 't1' } } });
    expect(status).toMatchObject({
      state: 'Completed',
      returned: [{ index: 1 }, { index: 2 }, { index: 4 }],
      unread: [{ index: 3 }],
      handled: { retry: 't1' },
    });
  });

  test('in which nothing failed is not retried', () => {
    const pack = aPack(3, { state: 'Completed', unread: [exception(0, 'Superseded')] });
    expect(asked({ ...pack, metadata: { name: 'pack', annotations: { 'spanferry.io/retry': 't1' } } })).toBeUndefined();
  });

  test('is ingested again when it is forced, but for the files that have records of their own', () => {
    const status = asked({ ...aPack(6, five), metadata: { name: 'pack', annotations: { 'spanferry.io/force': 't1' } } });
    expect(status).toMatchObject({ state: 'Pending', returned: [{ index: 1 }], handled: { force: 't1' } });
    expect(status).not.toHaveProperty('packSpans');
    expect(status).not.toHaveProperty('unread');
  });

  test('counts in the history with all its files, and is kept whole or not at all', () => {
    const at = (minute: number) => ({ state: 'Completed' as const, completionTime: `2026-11-20T11:0${minute}:00Z` });
    const records = [aPack(60, at(3)), aPack(60, at(2)), aPack(60, at(1))];
    const pruned = (completed: number) => toPrune([{ finished: [...records], history: { completed, failed: 100 } }], 0);
    expect(pruned(100)).toEqual(records.slice(2));
    expect(pruned(60)).toEqual(records.slice(1));
    expect(pruned(1)).toEqual(records.slice(1));
    expect(pruned(0)).toEqual(records);
  });
});

describe('a pack whose worker died', () => {
  const split = (record: IngestionFile) => {
    const next = rebinding(record, 'died', now);
    if (next.do !== 'split') throw new Error(`it is to ${next.do}`);
    return next;
  };

  test('ends, and goes on in halves, without what was delivered, given back or gone', () => {
    const checkpoint = { batches: 1, files: 2, spans: 4, rejectedSpans: 1, fingerprint: 'f', time: '2026-11-20T11:59:00Z' };
    const { halves, status, suspicion } = split(
      aPack(8, { state: 'Processing', attempts: 1, packSpans: [2, 0, 0, 0, 0, 0, 0, 2], checkpoint, ...five }),
    );
    expect(halves.map(keys)).toEqual([['agents/5.json'], ['agents/6.json']]);
    expect(suspicion).toMatchObject({ state: 'Pending', reason: 'WorkerLost', workersLost: 1, attempts: 0 });
    expect(status).toMatchObject({
      state: 'Completed',
      reason: 'WorkerLost',
      files: 2,
      spans: 4,
      rejectedSpans: 1,
      completionTime: '2026-11-20T12:00:00.000Z',
    });
    expect(status.returned?.map(({ index }) => index)).toEqual([1, 5, 6]);
    expect(undecidedIn({ ...aPack(8), status })).toEqual([]);
  });

  test('is halved again and again, until the file that is at fault stands alone', () => {
    let record = aPack(256, {});
    for (let deaths = 1; deaths <= 8; deaths++) {
      const { halves, suspicion } = split(record);
      expect(suspicion.workersLost).toBe(deaths);
      expect(halves.flat()).toHaveLength(filesOf(record.spec).length);
      const [worse] = halves as [readonly NamedFile[]];
      const spec = { sourceRef: { name: 'checkout' }, ...specOf(worse), worker: `worker-${deaths}` };
      expect(rebinding({ ...record, spec, status: suspicion }, 'died', now)).toEqual({ do: 'rebind' });
      record = { ...record, spec, status: { ...suspicion, state: 'Processing' } };
    }
    expect(record.spec.key).toBe('agents/0.json');
    expect(rebinding(record, 'died', now)).toMatchObject({ do: 'fail', status: { reason: 'WorkerLost' } });
  });

  test('goes to another worker as it is where its own left in good order', () => {
    expect(rebinding(aPack(8, { state: 'Pending' }), 'left', now)).toEqual({ do: 'rebind' });
  });
});

describe('a pack that a backup brought back without its status', () => {
  const known = (outcomes: Readonly<Record<string, Outcome>>) => restored(aPack(4), ({ key }) => outcomes[key], now);

  test('is what it seems where the ledger knows none of its files', () => expect(known({})).toBeUndefined());

  test('is completed as far as the ledger knows; the other files go on alone', () => {
    const status = known({ 'agents/0.json': 'completed', 'agents/1.json': 'failed', 'agents/3.json': 'completed' });
    expect(status).toMatchObject({ state: 'Completed', returned: [{ index: 2 }], unread: [{ index: 1 }] });
    const record = { ...aPack(4), status: status as FileStatus };
    expect(endingsOf(record).map(({ outcome }) => outcome)).toEqual(['completed', 'failed', 'completed']);
  });

  test('is what it seems where the ledger knows only that some were overwritten: they may be back', () =>
    expect(known({ 'agents/0.json': 'superseded', 'agents/2.json': 'superseded' })).toBeUndefined());

  test('does not give back what was overwritten', () => {
    const status = known({
      'agents/0.json': 'completed',
      'agents/1.json': 'superseded',
      'agents/2.json': 'failed',
      'agents/3.json': 'completed',
    });
    const record = { ...aPack(4), status: status as FileStatus };
    expect(record.status.returned).toEqual([]);
    expect(endingsOf(record).map(({ outcome }) => outcome)).toEqual(['completed', 'superseded', 'failed', 'completed']);
  });
});

describe('what dispatch does with a pack', () => {
  const running = async (options: Parameters<typeof dispatchWorld>[0] = {}) => {
    over = new AbortController();
    const world = dispatchWorld(options);
    void world.dispatch.run(over.signal);
    await world.clock.advance(100);
    return { ...world, source: world.sources[0] as ReturnType<typeof fakeSource> };
  };
  const pending = { attempts: 1, retries: 0 };

  test('one record for many small files, whose verdict enters the ledger whole', async () => {
    const world = await running();
    world.source.queued.backlog.push(...candidates(40));
    world.dispatch.wake();
    await world.clock.advance(100);
    const [name, record] = [...world.stored][0] ?? [];
    expect(world.stored.size).toBe(1);
    expect(record?.spec).toMatchObject({ title: 'agents/0.json +39', worker: 'worker-a' });
    world.setStatus(name ?? '', { state: 'Completed', returned: [exception(3, 'Truncated')] });
    await world.clock.advance(3_000);
    expect(world.source.ledger.size).toBe(39);
    expect(world.writes.filter((each) => each.startsWith('create'))).toEqual([`create ${name}`, 'create 3']);
    expect(world.stored.get('3')?.spec).toMatchObject({ key: 'agents/3.json', worker: 'worker-a' });
  });

  test('a pack whose creation was not answered is there: its files go into no other one', async () => {
    let lost = 3;
    const world = await running({ isAnswerLost: () => lost-- > 0 });
    world.follow(false);
    world.source.queued.backlog.push(...candidates(40));
    world.dispatch.wake();
    await world.clock.advance(20_000);
    expect(world.stored.size).toBe(1);
    expect(world.source.givenBack).toEqual([]);
  });

  test('is not pruned before what it gave back has a record', async () => {
    const world = await running();
    world.workers.set('worker-a', { name: 'worker-a', slots: 0, waiting: 0, fate: 'working' });
    const source = { ...fakeSource('source-1', { completed: 0, failed: 0 }), offer: () => false };
    world.sources.splice(0, 1, source);
    world.put(aPack(3, { state: 'Completed', returned: [exception(1, 'Truncated')] }, { name: 'pack' }));
    await world.clock.advance(10_000);
    expect([...world.stored.keys()]).toEqual(['pack']);
    world.sources.splice(0, 1, { ...source, offer: () => true });
    await world.clock.advance(10_000);
    expect(world.stored.size).toBe(0);
  });

  test('halves that are bound after their suspicion is written, when its worker dies', async () => {
    const world = await running();
    // The halves hold them.
    world.sources.splice(0, 1, { ...world.source, offer: () => true });
    world.put(aPack(4, { state: 'Processing', ...pending }, { name: 'pack' }));
    world.workers.set('worker-a', { name: 'worker-a', slots: 4, waiting: 0, fate: 'died' });
    world.workers.set('worker-b', { name: 'worker-b', slots: 4, waiting: 0, fate: 'working' });
    await world.clock.advance(5_000);
    const halves = [...world.stored.values()].filter(({ metadata }) => metadata.name !== 'pack');
    expect(halves.map(({ spec, status }) => [spec.pack?.length, spec.worker, status.workersLost])).toEqual([
      [2, 'worker-b', 1],
      [2, 'worker-b', 1],
    ]);
    expect(world.writes.map((each) => each.split(' ')[0])).toEqual(['create', 'Pending', 'create', 'Pending', 'Completed', 'bind', 'bind']);
    expect(world.stored.get('pack')?.status).toMatchObject({ state: 'Completed', reason: 'WorkerLost' });
  });

  test.each(['retry', 'retry-failed'])(
    'records for the files that failed in it, by %s, and the ledger does not hold them back',
    async (how) => {
      const world = await running();
      world.put(aPack(6, five, { name: 'pack' }));
      await world.clock.advance(3_000);
      expect(world.source.ledger.get('agents/4.json')).toBe('failed');
      if (how === 'retry')
        world.put({
          ...world.stored.get('pack')!,
          metadata: { ...world.stored.get('pack')!.metadata, annotations: { 'spanferry.io/retry': 't' } },
        });
      else void world.dispatch.retryFailed('source-1');
      world.dispatch.wake();
      await world.clock.advance(5_000);
      for (const name of ['2', '4'])
        expect(world.stored.get(name), name).toMatchObject({ spec: { worker: 'worker-a' }, status: { state: 'Pending', attempts: 1 } });
      expect(world.stored.get('pack')?.status).toMatchObject({ state: 'Completed', unread: [{ index: 3 }] });
    },
  );

  test('a full listing when it is deleted before it is finished, or with files that it gave back', async () => {
    const world = await running();
    world.put(aPack(3, {}, { name: 'pending' }));
    world.put(aPack(3, { state: 'Completed', returned: [exception(1, 'Truncated')] }, { name: 'finished' }));
    await world.clock.advance(100);
    world.remove('pending');
    world.remove('finished');
    await world.clock.advance(3_000);
    expect(world.source.lostFiles()).toBe(2);
  });
});
