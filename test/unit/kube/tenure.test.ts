import { describe, expect, test } from 'vitest';
import { tenure } from '../../../src/kube/tenure.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

describe('a right that ends unless it is renewed', () => {
  test('is held until its time is over, to the millisecond', async () => {
    const clock = virtualClock();
    const held = tenure(clock, 10_000, clock.monotonic());
    await clock.advance(9_999);
    expect(held.stillHeld()).toBe(true);
    await clock.advance(1);
    expect(held.stillHeld()).toBe(false);
    expect(held.signal.aborted).toBe(true);
    expect(clock.pending()).toEqual([]);
  });

  test('counts from the moment the renewal was sent, not from its answer', async () => {
    const clock = virtualClock();
    const held = tenure(clock, 10_000, clock.monotonic());
    const sentAt = clock.monotonic();
    await clock.advance(4_000);
    expect(held.renewed(sentAt)).toBe(true);
    await clock.advance(6_000);
    expect(held.stillHeld()).toBe(false);
  });

  test('goes on as long as it is renewed', async () => {
    const clock = virtualClock();
    const held = tenure(clock, 10_000, clock.monotonic());
    for (let beat = 0; beat < 100; beat++) {
      await clock.advance(9_000);
      expect(held.renewed(clock.monotonic())).toBe(true);
    }
    expect(held.signal.aborted).toBe(false);
  });

  test('in a process that was stopped ends before any timer could fire', () => {
    const clock = virtualClock();
    const held = tenure(clock, 10_000, clock.monotonic());
    clock.freeze(30_000);
    expect(held.signal.aborted).toBe(false);
    expect(held.stillHeld()).toBe(false);
    expect(held.signal.aborted).toBe(true);
    expect(() => held.assertHeld()).toThrow('LeaseLost');
  });

  test('does not come back with a late answer', () => {
    const clock = virtualClock();
    const held = tenure(clock, 10_000, clock.monotonic());
    clock.freeze(10_000);
    expect(held.renewed(clock.monotonic())).toBe(false);
    expect(held.stillHeld()).toBe(false);
  });

  test('does not care about the wall clock', async () => {
    const clock = virtualClock();
    const held = tenure(clock, 10_000, clock.monotonic());
    clock.jump(86_400_000);
    await clock.advance(5_000);
    expect(held.stillHeld()).toBe(true);
    clock.jump(-2 * 86_400_000);
    await clock.advance(5_000);
    expect(held.stillHeld()).toBe(false);
  });
});
