import { describe, expect, test } from 'vitest';
import { noTracing } from '../../../src/observability/tracing.ts';
import { type Lanes, lanes as newLanes } from '../../../src/sources/lanes.ts';
import { list } from '../../../src/sources/listing.ts';
import { nothingLearned } from '../../../src/sources/order.ts';
import { type MemoryStore, memoryStore } from '../../support/memory-store.ts';
import { settled, virtualClock } from '../../support/virtual-clock.ts';

const PAGE = 512;
/** As many as a lane takes. */
const ROOM = 1_024;
const keyOf = (n: number) => `run-${String(n).padStart(6, '0')}.json`;

/** A full listing of so many files, of which none is done. */
function listing(files: number) {
  const clock = virtualClock();
  const store: MemoryStore = memoryStore({ now: clock.now, pageSize: PAGE });
  for (let n = 0; n < files; n++) store.put(keyOf(n));
  const lanes: Lanes = newLanes({ isWanted: () => true, now: clock.monotonic, onOffer: () => {} });
  const abort = new AbortController();
  const parked: boolean[] = [];
  const listed = noTracing.trace('scan', {}, (step) =>
    list({
      how: 'full',
      store,
      filter: () => undefined,
      notBefore: 0,
      order: nothingLearned,
      lanes,
      missing: ({ key, version, size }) => ({ name: key, key, version, size, modifiedTime: '2026-11-20T12:00:00.000Z' }),
      clock,
      signal: abort.signal,
      step,
      onParked: (isParked) => void parked.push(isParked),
      onSecondPage: () => {},
    }),
  );
  listed.catch(() => {});
  return {
    store,
    listed,
    abort,
    until: async (what: () => boolean) => {
      while (!what()) await settled();
    },
    isParked: () => parked.at(-1) === true,
    /** Takes all that waits; returns the keys. */
    take: () => lanes.take('backlog', [...lanes.waiting('backlog')]).map(({ key }) => key),
  };
}

describe('a listing that waits for dispatch', () => {
  test('has asked for the page after the one in hand, and for no other', async () => {
    const { store, until, isParked, listed, abort } = listing(10 * PAGE);
    await until(isParked);
    for (let turn = 0; turn < 20; turn++) await settled();
    // Two fill the lane, the third is in hand.
    expect(ROOM).toBe(2 * PAGE);
    expect(store.asked.pages).toBe(4);
    abort.abort(new Error('edited'));
    await expect(listed).rejects.toThrow('edited');
    expect(store.asked.pages).toBe(4);
  });

  test('loses no file of it, counts it once it is looked at, and offers each in its order', async () => {
    const files = 5 * PAGE + 7;
    const { until, isParked, listed, take } = listing(files);
    const keys: string[] = [];
    let isOver = false;
    void listed.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await until(() => isOver || isParked());
      keys.push(...take());
    }
    keys.push(...take());
    expect(keys).toEqual(Array.from({ length: files }, (_, n) => keyOf(n)));
    expect((await listed).tally).toMatchObject({ listed: files, matched: files, new: files, left: files });
  });

  test('tells what was wrong with the page ahead when it comes to it', async () => {
    const { store, until, isParked, listed, take } = listing(10 * PAGE);
    await until(() => store.asked.pages === 3);
    store.break(new Error('the store is away'));
    await until(isParked);
    expect(take()).toHaveLength(ROOM);
    await expect(listed).rejects.toThrow('the store is away');
    // What was in hand is offered all the same.
    expect(take()).toHaveLength(PAGE);
  });
});
