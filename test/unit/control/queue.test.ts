import { describe, expect, test } from 'vitest';
import { type Queue, type QueueOptions, queue } from '../../../src/control/queue.ts';
import { metrics } from '../../../src/observability/metrics.ts';
import { settled, virtualClock } from '../../support/virtual-clock.ts';

const never = new AbortController().signal;

const make = (options: Partial<QueueOptions> = {}) => {
  const clock = virtualClock();
  const registry = metrics();
  return { clock, registry, keys: queue({ name: 'sources', clock, metrics: registry, random: () => 1, ...options }) };
};

/** Takes whatever is ready right now and reports it as done. */
async function drain(keys: Queue): Promise<string[]> {
  const taken: string[] = [];
  for (;;) {
    const enough = new AbortController();
    const next = keys.take(enough.signal).catch(() => undefined);
    await settled();
    enough.abort();
    const got = await next;
    if (!got) return taken;
    taken.push(got.key);
    keys.done(got.key);
  }
}

describe('a queue', () => {
  const orders: readonly [sentence: string, add: (keys: Queue) => void, expected: readonly string[]][] = [
    ['hands out keys in the order of their coming', (keys) => ['b', 'a', 'c'].map((key) => keys.add(key)), ['b', 'a', 'c']],
    ['holds a key once, however often it is added', (keys) => ['a', 'b', 'a', 'a'].map((key) => keys.add(key)), ['a', 'b']],
    [
      'prefers the higher priority',
      (keys) => {
        keys.add('backfill', -1);
        keys.add('normal');
        keys.add('asked by a person', 10);
      },
      ['asked by a person', 'normal', 'backfill'],
    ],
    [
      'keeps the higher priority of a key that is added again',
      (keys) => {
        keys.add('a', 5);
        keys.add('b', 3);
        keys.add('a', 0);
      },
      ['a', 'b'],
    ],
    [
      'raises a waiting key that is added again with more priority',
      (keys) => {
        keys.add('a');
        keys.add('b');
        keys.add('b', 1);
      },
      ['b', 'a'],
    ],
    [
      'does not hand out what is delayed',
      (keys) => {
        keys.addAfter('later', 1);
        keys.add('now');
      },
      ['now'],
    ],
    [
      'hands out a delayed key at once when it is added without delay',
      (keys) => {
        keys.addAfter('a', 60_000);
        keys.add('a');
      },
      ['a'],
    ],
  ];

  test.each(orders)('%s', async (_sentence, add, expected) => {
    const { keys } = make();
    add(keys);
    expect(await drain(keys)).toEqual(expected);
  });

  test('keeps the earlier of two delays, whichever came first', async () => {
    const { keys, clock } = make();
    keys.addAfter('a', 5_000);
    keys.addAfter('a', 2_000);
    keys.addAfter('b', 2_000);
    keys.addAfter('b', 5_000);
    await clock.advance(1_999);
    expect(await drain(keys)).toEqual([]);
    await clock.advance(1);
    expect(await drain(keys)).toEqual(expect.arrayContaining(['a', 'b']));
    await clock.advance(10_000);
    expect(await drain(keys)).toEqual([]);
  });

  test('never gives one key to two takers: what is added during work comes out after it', async () => {
    const { keys } = make();
    keys.add('a');
    const first = await keys.take(never);
    keys.add('a');
    keys.add('b');
    expect((await keys.take(never)).key).toBe('b');
    const second = keys.take(never);
    await settled();
    expect(keys.depth()).toBe(1);
    keys.done(first.key);
    expect((await second).key).toBe('a');
  });

  test('a delay that ends during work is noticed after it', async () => {
    const { keys, clock } = make();
    keys.add('a');
    await keys.take(never);
    keys.addAfter('a', 1_000);
    await clock.advance(2_000);
    const again = keys.take(never);
    await settled();
    keys.done('a');
    expect((await again).key).toBe('a');
  });

  test('wakes a taker that waits', async () => {
    const { keys, clock } = make();
    const waiting = keys.take(never);
    keys.addAfter('a', 500);
    await clock.advance(500);
    expect((await waiting).key).toBe('a');
  });

  test('lets a taker go when its signal is aborted, and loses no key by it', async () => {
    const { keys } = make();
    const leaving = new AbortController();
    const waiting = keys.take(leaving.signal);
    leaving.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    keys.add('a');
    expect(await drain(keys)).toEqual(['a']);
  });

  test('retries later and later, up to the limit, until the key is forgotten', () => {
    const { keys } = make({ backoff: { baseMs: 1_000, maxMs: 5_000 } });
    expect([0, 1, 2, 3, 4].map(() => keys.retry('a'))).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(keys.retry('b')).toBe(1_000);
    keys.forget('a');
    expect(keys.retry('a')).toBe(1_000);
  });

  test('holds at most one timer, and none when nothing is delayed', async () => {
    const { keys, clock } = make();
    for (let n = 0; n < 100; n++) keys.addAfter(`key-${n}`, 1_000 + n);
    await settled();
    expect(clock.pending()).toEqual([1_000]);
    await clock.advance(2_000);
    expect(await drain(keys)).toHaveLength(100);
    expect(clock.pending()).toEqual([]);
  });

  test('leaves no timer behind when it is closed, whoever adds a key afterwards', () => {
    const { clock, keys } = make();
    keys.addAfter('a', 60_000);
    keys.close();
    keys.addAfter('b', 1_000);
    expect(clock.pending()).toEqual([]);
  });

  test('a key that waits for a month comes out after a month', async () => {
    const { keys, clock } = make();
    const month = 30 * 86_400_000;
    keys.addAfter('a', month);
    await clock.advance(month - 1);
    expect(await drain(keys)).toEqual([]);
    await clock.advance(1);
    expect(await drain(keys)).toEqual(['a']);
  });

  test('hands out 20,000 keys by priority without looking at each of them for each', async () => {
    const { keys } = make();
    for (let n = 0; n < 20_000; n++) keys.add(`key-${n}`, n % 7);
    let last = Number.POSITIVE_INFINITY;
    for (let n = 0; n < 20_000; n++) {
      const { key, priority } = await keys.take(never);
      expect(priority).toBeLessThanOrEqual(last);
      last = priority;
      keys.done(key);
    }
    expect(keys.depth()).toBe(0);
  });

  test('tells its state under the names of controller-runtime', async () => {
    const { keys, clock, registry } = make();
    keys.add('a');
    keys.add('b');
    keys.addAfter('c', 60_000);
    await clock.advance(2_000);
    await keys.take(never);
    await clock.advance(3_000);
    keys.retry('d');
    const { text } = await registry.scrape();
    const of = '{name="sources",controller="sources"}';
    for (const line of [
      `workqueue_depth${of} 1`,
      `workqueue_adds_total${of} 2`,
      `workqueue_retries_total${of} 1`,
      `workqueue_unfinished_work_seconds${of} 3`,
      `workqueue_longest_running_processor_seconds${of} 3`,
      `workqueue_queue_duration_seconds_sum${of} 2`,
      `workqueue_work_duration_seconds_count${of} 0`,
    ]) {
      expect(text).toContain(line);
    }
  });
});
