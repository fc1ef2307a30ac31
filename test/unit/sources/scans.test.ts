import { afterEach, describe, expect, test, vi } from 'vitest';
import { sourcesWorld, type World } from '../../support/sources-world.ts';

// A busy machine takes its time, and a test that was given up would go on in the world of the next one.
vi.setConfig({ testTimeout: 60_000 });

let world: World;
afterEach(() => world.end());

const minute = 60_000;
const begin = (...args: Parameters<typeof sourcesWorld>): World => {
  world = sourcesWorld(...args);
  return world;
};
const keyOf = (n: number) => `agents/prod/run-${`${n}`.padStart(6, '0')}.json`;
/** Uploads, a second apart. */
const put = (from: number, to: number, first = world.clock.now() - (to - from) * 1_000) => {
  for (let n = from; n < to; n++) world.store.put(keyOf(n), { modifiedTime: first + (n - from) * 1_000 });
};
const scanned = async () => {
  await world.within(10_000, () => world.source().status.lastScan !== undefined);
};
/** Takes and finishes all that is offered, at once; returns the keys. */
const drain = async (): Promise<string[]> => {
  const keys: string[] = [];
  for (let idle = 0; idle < 50; idle++) {
    for (const lane of ['fresh', 'backlog'] as const) {
      for (let next = world.bind(lane); next; next = world.bind(lane)) {
        keys.push(next.key);
        world.finish(next.name);
        world.prune(next.name);
        idle = 0;
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return keys;
};
/** Lets the next scan happen and takes what it brings. */
const nextScan = async (): Promise<string[]> => {
  const before = world.store.asked.listings.length;
  await world.clock.advance(61_000);
  await world.until(() => world.store.asked.listings.length > before, 'another listing');
  return drain();
};
const lastListing = () => world.store.asked.listings.at(-1);

/** A source whose listings have shown that new keys come last. */
const proven = async () => {
  begin();
  put(0, 300);
  await scanned();
  await drain();
  for (const n of [300, 310]) {
    put(n, n + 10, world.clock.now());
    await nextScan();
  }
};

describe('a listing that finds more than dispatch takes', () => {
  test('parks, and offers what it has found so far', async () => {
    begin({}, { pageSize: 100 });
    put(0, 5_000);
    await world.until(() => world.source().status.files?.backlog !== undefined);
    await world.until(() => world.store.asked.pages >= 11);
    await world.within(1_000, () => world.store.asked.listings.length === 2);
    await world.clock.advance(1_000);
    // Eleven pages for a lane and its next file, and one ahead; whatever else was listed, a count did.
    expect(world.take('backlog')?.key).toBe(keyOf(0));
    expect(world.store.asked.listings.length).toBe(2);
  });

  test('has the rest counted for status', async () => {
    begin({}, { pageSize: 1_000 });
    put(0, 5_000);
    await world.until(() => world.ready()?.status === 'True');
    await world.within(5_000, () => world.source().status.files?.backlog === 5_000);
    expect(world.ready()?.message).toBe('0 files done, 0 under way, 5,000 to come');
  });

  test('goes on where it was, and brings every file once', async () => {
    begin({}, { pageSize: 700 });
    put(0, 5_000);
    await world.until(() => world.ready()?.status === 'True');
    const keys = await drain();
    expect(keys).toHaveLength(5_000);
    expect(new Set(keys).size).toBe(5_000);
  });

  test('does not delay files that come meanwhile', async () => {
    begin();
    put(0, 5_000);
    await world.until(() => world.ready()?.status === 'True');
    await world.clock.advance(5_000);
    expect(world.bind('fresh')).toBeUndefined();
    world.store.put('agents/prod/a-new-run.json', { modifiedTime: world.clock.now() });
    await world.clock.advance(minute);
    await world.clock.advance(minute);
    await world.until(() => world.bind('fresh')?.key === 'agents/prod/a-new-run.json');
  });
});

describe('once listings have shown that new keys come last', () => {
  test('only the tail is listed, from a hundred files before the last', async () => {
    await proven();
    put(320, 323, world.clock.now());
    expect(await nextScan()).toEqual([keyOf(320), keyOf(321), keyOf(322)]);
    expect(lastListing()).toBe(keyOf(219));
  });

  test('a key that comes a little late is found with the next ones', async () => {
    await proven();
    world.store.put(`${keyOf(290)}.gz`);
    expect(await nextScan()).toEqual([`${keyOf(290)}.gz`]);
  });

  test('one that comes far too late is found within the hour, and the tail is trusted no more', async () => {
    await proven();
    world.store.put(`${keyOf(5)}.gz`, { modifiedTime: world.clock.now() + 1 });
    expect(await nextScan()).toEqual([]);
    await world.within(62 * minute, () => world.bind('fresh')?.key === `${keyOf(5)}.gz`, minute);
    await nextScan();
    expect(lastListing()).toBeUndefined();
  });

  test('a new leader looks at everything again, and offers nothing that is done', async () => {
    await proven();
    await world.clock.advance(10_000);
    world.newLeader();
    const before = world.store.asked.listings.length;
    await world.until(() => world.store.asked.listings.length > before);
    expect(lastListing()).toBeUndefined();
    expect(await drain()).toEqual([]);
  });

  test('a record that somebody deletes before it is finished has its file found again', async () => {
    await proven();
    put(320, 321, world.clock.now());
    await world.clock.advance(61_000);
    await world.within(5_000, () => world.bind('fresh') !== undefined);
    const [record] = world.records.values();
    world.prune(record?.metadata.name ?? '');
    world.supply().lost();
    expect(await nextScan()).toEqual([keyOf(320)]);
  });
});

describe('edits', () => {
  test('of the selection are listed at once, and nothing is offered twice', async () => {
    begin();
    put(0, 50);
    world.store.put('agents/prod/monocle.ndjson');
    await scanned();
    expect(await drain()).toHaveLength(50);
    world.edit({ spec: { scan: { extensions: ['.json', '.ndjson'] } } });
    await world.until(() => world.source().status.observedGeneration === 2);
    expect(await drain()).toEqual(['agents/prod/monocle.ndjson']);
  });

  test('drop what waited under the old selection', async () => {
    begin();
    put(0, 2_000);
    await world.until(() => world.ready()?.status === 'True');
    world.edit({ spec: { scan: { include: ['**/run-001*'] } } });
    await world.until(() => world.source().status.observedGeneration === 2);
    expect((await drain()).every((key) => key.includes('run-001'))).toBe(true);
  });

  test('of what does not matter to a scan cause none', async () => {
    begin();
    put(0, 5);
    await scanned();
    const before = world.store.asked.listings.length;
    world.edit({ spec: { history: { completed: 7 } } });
    await world.until(() => world.source().status.observedGeneration === 2);
    expect(world.store.asked.listings.length).toBe(before);
    expect(world.supply().history.completed).toBe(7);
  });

  test('suspend stops everything, and resuming loses nothing', async () => {
    begin();
    put(0, 3_000);
    await world.until(() => world.ready()?.status === 'True');
    world.edit({ spec: { suspend: true } });
    await world.until(() => world.ready()?.reason === 'Suspended');
    expect(world.take('backlog')).toBeUndefined();
    world.edit({ spec: { suspend: false } });
    await world.until(() => world.ready()?.status === 'True');
    await world.clock.advance(2_000);
    expect(await drain()).toHaveLength(3_000);
  });
});

describe('modified', () => {
  test('latest: 20 of 5,000 takes the newest twenty, wherever they lie, and all that come later', async () => {
    begin({ scan: { modified: { latest: 20 } } });
    const start = world.clock.now() - 10_000_000;
    for (let n = 0; n < 5_000; n++) world.store.put(keyOf(n), { modifiedTime: start + ((n * 1_999) % 5_000) * 1_000 });
    const expected = world.store
      .files()
      .toSorted((a, b) => b.modifiedTime - a.modifiedTime)
      .slice(0, 20);
    await scanned();
    expect((await drain()).toSorted()).toEqual(expected.map(({ key }) => key).toSorted());
    expect(world.source().status.modifiedAfter).toBe(new Date(expected.at(-1)?.modifiedTime ?? 0).toISOString());
    world.store.put(keyOf(9_999));
    expect(await nextScan()).toEqual([keyOf(9_999)]);
  });

  test('since: 1d is counted from the edit, and an outage never moves it', async () => {
    begin({ scan: { modified: { since: '1d' } } });
    const edited = world.clock.now();
    world.store.put(keyOf(1), { modifiedTime: edited - 25 * 60 * minute });
    world.store.put(keyOf(2), { modifiedTime: edited - 23 * 60 * minute });
    await scanned();
    expect(await drain()).toEqual([keyOf(2)]);
    world.part().close();
    world.clock.freeze(100 * 60 * minute);
    world.newLeader();
    world.store.put(keyOf(3), { modifiedTime: edited + minute });
    await world.within(5_000, () => world.bind('backlog')?.key === keyOf(3));
    expect(world.source().status.modifiedAfter).toBe(new Date(edited - 24 * 60 * minute).toISOString());
  });
});

describe('new content under an old key', () => {
  test.each([
    ['Ingest', 1],
    ['Ignore', 0],
  ])('with overwritten: %s is offered %i times', async (overwritten, times) => {
    begin({ scan: { overwritten } });
    put(0, 3);
    await scanned();
    await drain();
    world.store.put(keyOf(1));
    expect(await nextScan()).toHaveLength(times);
  });
});

test('a young file rests, even when tails are listed', async () => {
  await proven();
  world.edit({ spec: { scan: { minAge: '90s' } } });
  await world.until(() => world.source().status.observedGeneration === 2);
  put(320, 321, world.clock.now());
  expect(await nextScan()).toEqual([]);
  expect(await nextScan()).toEqual([keyOf(320)]);
});

test('a file that cannot be bound does not hold up the others', async () => {
  begin();
  put(0, 3);
  await scanned();
  const supply = world.supply();
  const first = world.take('backlog');
  if (first) supply.giveBack([first], 'backlog');
  expect([world.take('backlog')?.key, world.take('backlog')?.key, world.take('backlog')?.key]).toEqual([keyOf(1), keyOf(2), keyOf(0)]);
});

test('a file that was done in the meantime is not handed out', async () => {
  begin();
  put(0, 2);
  await scanned();
  const supply = world.supply();
  const taken = world.take('backlog');
  if (!taken) throw new Error('nothing was offered');
  supply.giveBack([taken], 'backlog');
  world.putRecord(taken.name, {}, taken);
  world.finish(taken.name);
  world.prune(taken.name);
  expect([world.take('backlog')?.key, world.take('backlog')]).toEqual([keyOf(1), undefined]);
});
