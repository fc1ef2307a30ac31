import { describe, expect, test } from 'vitest';
import { Failed, type Failure } from '../../../src/api/failure.ts';
import { retried } from '../../../src/stores/retry.ts';

/** A clock whose pauses are only written down. */
function pauses() {
  const all: number[] = [];
  return { all, clock: { now: () => 0, monotonic: () => 0, sleep: async (ms: number) => void all.push(ms) } };
}

const failing = (failure: Failure, times: number) => {
  let left = times;
  return async () => {
    if (left-- > 0) throw new Failed(failure);
    return 'listing';
  };
};

describe('a small call', () => {
  const busy: Failure = { reason: 'StoreUnavailable', message: '503' };

  test('is repeated twice while its failure is one that passes', async () => {
    const { all, clock } = pauses();
    expect(await retried(failing(busy, 2), undefined, clock)).toBe('listing');
    expect(all).toHaveLength(2);
  });

  test('is given up after three attempts', async () => {
    await expect(retried(failing(busy, 3), undefined, pauses().clock)).rejects.toThrow('503');
  });

  test('is not repeated where somebody has to act', async () => {
    const { all, clock } = pauses();
    await expect(retried(failing({ reason: 'AccessDenied', message: 'no' }, 1), undefined, clock)).rejects.toThrow('no');
    expect(all).toEqual([]);
  });

  test('waits as long as the store asks', async () => {
    const { all, clock } = pauses();
    await retried(failing({ ...busy, retryAfterMs: 1_234 }, 1), undefined, clock);
    expect(all).toEqual([1_234]);
  });

  test('leaves a long pause to the caller', async () => {
    await expect(retried(failing({ ...busy, retryAfterMs: 60_000 }, 1), undefined, pauses().clock)).rejects.toThrow('503');
  });
});
