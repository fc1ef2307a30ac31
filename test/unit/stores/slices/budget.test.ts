import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../../src/api/failure.ts';
import { budget } from '../../../../src/stores/slices/budget.ts';
import { virtualClock } from '../../../support/virtual-clock.ts';

function spending(requests: number, perMs: number) {
  const clock = virtualClock();
  const left: number[] = [];
  const its = budget({ platform: 'Datadog', requests, perMs, clock, onRemaining: (remaining) => void left.push(remaining) });
  return { ...its, clock, left };
}

describe('a budget of requests', () => {
  test('gives so many at once, and then one for each that has been earned', async () => {
    const { turn, clock, left } = spending(3, 30_000);
    for (let n = 0; n < 3; n++) await turn(0);
    expect(left).toEqual([2, 1, 0]);
    expect(await turn(5_000).then(undefined, failureOf)).toMatchObject({ reason: 'Throttled', retryAfterMs: 10_000 });
    await clock.advance(10_000);
    await turn(0);
  });

  test('lets who is patient wait, and ends the waiting with the signal', async () => {
    const { turn, clock } = spending(1, 60_000);
    await turn(0);
    let passed = false;
    const waiting = turn(Number.POSITIVE_INFINITY).then(() => {
      passed = true;
    });
    await clock.advance(59_999);
    expect(passed).toBe(false);
    await clock.advance(1);
    await waiting;
    const abort = new AbortController();
    const leaving = turn(Number.POSITIVE_INFINITY, abort.signal);
    abort.abort(new Error('drained'));
    await expect(leaving).rejects.toThrow('drained');
  });

  test('believes the platform where others spend of the same budget', async () => {
    const { turn, told, clock, left } = spending(300, 3_600_000);
    told({ remaining: 1, resetMs: 600_000 });
    await turn(0);
    told({ remaining: 0, resetMs: 600_000 });
    expect(left.at(-1)).toBe(0);
    const failure = await turn(5_000).then(undefined, failureOf);
    expect(failure).toMatchObject({ reason: 'Throttled', retryAfterMs: 600_000 });
    expect(failure?.message).toContain('Datadog has no request left for this credential until 2026-11-20T12:10:00Z');
    await clock.advance(600_000);
    await turn(0);
  });

  test('waits as long as it is asked to', async () => {
    const { turn, told, isOpen, clock } = spending(300, 3_600_000);
    told({ retryAfterMs: 30_000 });
    expect(isOpen()).toBe(false);
    expect(await turn(5_000).then(undefined, failureOf)).toMatchObject({ retryAfterMs: 30_000 });
    await clock.advance(30_000);
    expect(isOpen()).toBe(true);
    await turn(0);
  });
});
