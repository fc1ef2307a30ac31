import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { backoffMs } from '../../../src/std/backoff.ts';
import { semaphore } from '../../../src/std/semaphore.ts';
import { sleep } from '../../../src/std/sleep.ts';

describe('a backoff', () => {
  const backoff = { baseMs: 100, maxMs: 1_000 };
  test.each([
    ['begins with its base', 0, 100],
    ['doubles', 2, 400],
    ['never exceeds its maximum', 10, 1_000],
    ['not even after thousands of attempts', 5_000, 1_000],
  ])('%s', (_sentence, attempt, expected) => {
    expect(backoffMs(backoff, attempt, () => 1)).toBe(expected);
  });

  test('draws half of it at random', () => {
    expect(backoffMs(backoff, 0, () => 0)).toBe(50);
  });
});

describe('a semaphore', () => {
  test('serves waiters in the order of their coming', async () => {
    const permits = semaphore(1);
    const release = await permits.acquire();
    const order: string[] = [];
    const first = permits.acquire().then((done) => {
      order.push('first');
      done();
    });
    const second = permits.acquire().then((done) => {
      order.push('second');
      done();
    });
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  test('a giant waits for all there is, and then goes alone', async () => {
    const bytes = semaphore(100);
    const release = await bytes.acquire(40);
    const giant = bytes.acquire(5_000);
    expect(bytes.free()).toBe(60);
    release();
    const done = await giant;
    expect(bytes.free()).toBe(0);
    done();
    done();
    expect(bytes.free()).toBe(100);
  });

  test('a waiter that gives up makes way for the one behind it', async () => {
    const permits = semaphore(2);
    await permits.acquire(1);
    const abort = new AbortController();
    const large = permits.acquire(2, abort.signal);
    const small = permits.acquire(1);
    abort.abort(new Error('enough'));
    await expect(large).rejects.toThrow('enough');
    await small;
    expect(permits.free()).toBe(0);
  });
});

describe('sleep', () => {
  test('ends with the reason of its signal', async () => {
    const abort = new AbortController();
    const slept = sleep(60_000, abort.signal);
    abort.abort(new Error('wake up'));
    await expect(slept).rejects.toThrow('wake up');
    await expect(sleep(1, abort.signal)).rejects.toThrow('wake up');
  });

  test('lasts a month where a month is asked for, although no timer waits that long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const month = 30 * 86_400_000;
    let awake = false;
    const slept = sleep(month).then(() => {
      awake = true;
    });
    await vi.advanceTimersByTimeAsync(month - 1);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    expect(vi.getTimerCount()).toBe(0);
  });
});
