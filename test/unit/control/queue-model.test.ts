import { expect, test } from 'vitest';
import { queue } from '../../../src/control/queue.ts';
import { metrics } from '../../../src/observability/metrics.ts';
import { random, seedOf } from '../../support/random.ts';
import { settled, virtualClock } from '../../support/virtual-clock.ts';

type Waiting = { priority: number; dueAt: number };

/** The queue as one would explain it: a list that is searched. Order among equals is not told, so it is not compared. */
function model() {
  const waiting = new Map<string, Waiting>();
  const inWork = new Set<string>();
  const offered = (now: number) => [...waiting].filter(([key, { dueAt }]) => dueAt <= now && !inWork.has(key));
  return {
    waiting,
    inWork,
    add: (key: string, dueAt: number, priority: number) => {
      const known = waiting.get(key);
      waiting.set(key, { priority: Math.max(priority, known?.priority ?? priority), dueAt: Math.min(dueAt, known?.dueAt ?? dueAt) });
    },
    /** The keys that may come next. */
    next: (now: number): readonly string[] => {
      const best = Math.max(...offered(now).map(([, { priority }]) => priority));
      return offered(now)
        .filter(([, { priority }]) => priority === best)
        .map(([key]) => key);
    },
  };
}

test('the queue does what its explanation says, whatever happens in whatever order', async () => {
  const seed = seedOf();
  console.log(`seed ${seed}`);
  const { int, pick } = random(seed);
  const clock = virtualClock();
  const keys = queue({ name: 'model', clock, metrics: metrics() });
  const expected = model();
  const names = Array.from({ length: 12 }, (_, n) => `key-${n}`);

  const take = async (): Promise<void> => {
    const enough = new AbortController();
    const taking = keys.take(enough.signal).then(
      ({ key }) => key,
      () => undefined,
    );
    await settled();
    enough.abort();
    const key = await taking;
    const allowed = expected.next(clock.monotonic());
    if (key === undefined) return expect(allowed).toEqual([]);
    expect(allowed).toContain(key);
    expected.waiting.delete(key);
    expected.inWork.add(key);
  };

  const steps: readonly (() => Promise<void> | void)[] = [
    () => {
      const [key, priority] = [pick(names), int(3)];
      keys.add(key, priority);
      expected.add(key, clock.monotonic(), priority);
    },
    () => {
      // Long delays are seldom waited for: what is added meanwhile comes first, and its old entry is swept away one day.
      const [key, ms, priority] = [pick(names), int(pick([50, 100_000])), int(3)];
      keys.addAfter(key, ms, priority);
      expected.add(key, clock.monotonic() + ms, priority);
    },
    () => clock.advance(int(20)),
    take,
    take,
    () => {
      const key = pick([...expected.inWork, 'never taken']);
      keys.done(key);
      expected.inWork.delete(key);
    },
  ];

  for (let n = 0; n < 20_000; n++) {
    await pick(steps)();
    const ready = [...expected.waiting.values()].filter(({ dueAt }) => dueAt <= clock.monotonic());
    expect(keys.depth()).toBe(ready.length);
  }
});
