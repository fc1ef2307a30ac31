import { describe, expect, test } from 'vitest';
import { tokenBucket } from '../../../src/kube/limit.ts';
import type { Clock } from '../../../src/std/clock.ts';

/** A clock that stands still and notes how long everybody was asked to wait. */
function frozen(): { readonly clock: Clock; readonly waits: number[] } {
  const waits: number[] = [];
  return { waits, clock: { now: () => 0, monotonic: () => 0, sleep: async (ms) => void waits.push(ms) } };
}

describe('the write budget', () => {
  test('lets the calls of a tenth of a second pass at once and then spaces them', async () => {
    const { clock, waits } = frozen();
    const budget = tokenBucket(clock, () => 20);
    for (let i = 0; i < 5; i++) await budget.take();
    expect(waits).toEqual([50, 100, 150]);
  });

  test('one call may always pass, however small the budget', async () => {
    const { clock, waits } = frozen();
    const budget = tokenBucket(clock, () => 0.5);
    for (let i = 0; i < 2; i++) await budget.take();
    expect(waits).toEqual([2_000]);
  });

  test('a call that gave up waiting leaves its place', async () => {
    const { clock, waits } = frozen();
    let patience = 0;
    const impatient: Clock = { ...clock, sleep: (ms) => (patience++ === 0 ? Promise.reject(new Error('aborted')) : clock.sleep(ms)) };
    const budget = tokenBucket(impatient, () => 1);
    await budget.take();
    await expect(budget.take()).rejects.toThrow('aborted');
    await budget.take();
    expect(waits).toEqual([1_000]);
  });
});
