import { describe, expect, test } from 'vitest';
import { rateLimit } from '../../../src/kube/limit.ts';
import { busiest } from '../../support/busiest.ts';
import { random } from '../../support/random.ts';
import { settled, virtualClock } from '../../support/virtual-clock.ts';

const SECOND = 1_000;

/** A client that makes calls under a budget, and notes when they were allowed, sent and answered. */
function client(perSecond: () => number, delays: { readonly sendMs: () => number; readonly answerMs: () => number }) {
  const clock = virtualClock();
  const budget = rateLimit(clock, perSecond);
  const [allowed, sent, answered] = [[] as number[], [] as number[], [] as number[]];
  const call = async (): Promise<void> => {
    const done = await budget.take();
    allowed.push(clock.monotonic());
    await clock.sleep(delays.sendMs());
    sent.push(clock.monotonic());
    await clock.sleep(delays.answerMs());
    answered.push(clock.monotonic());
    done();
  };
  const calls = (count: number): void => {
    for (let n = 0; n < count; n++) void call();
  };
  return { clock, budget, calls, allowed, sent, answered };
}

const prompt = { sendMs: () => 0, answerMs: () => 5 };

describe('the write budget', () => {
  test('lets the calls of a tenth of a second pass at once after a rest, and then spaces them', async () => {
    const { clock, calls, allowed } = client(() => 20, prompt);
    calls(5);
    await clock.advance(SECOND);
    expect(allowed).toEqual([0, 0, 50, 100, 150]);
  });

  test('one call may always pass, however small the budget', async () => {
    const { clock, calls, allowed } = client(() => 0.5, prompt);
    calls(3);
    await clock.advance(5 * SECOND);
    expect(allowed).toEqual([0, 2_000, 4_000]);
  });

  test('is used to the last call but what answers take, also after a rest', async () => {
    const { clock, calls, allowed } = client(() => 100, prompt);
    await clock.advance(10 * SECOND);
    calls(5_000);
    await clock.advance(20 * SECOND);
    expect(allowed.length).toBeGreaterThan(0.99 * 20 * 100);
    expect(busiest(allowed)).toBe(100);
  });

  test('waits with a server that answers nothing, and goes on when it does', async () => {
    let isHeld = true;
    const { clock, calls, sent } = client(() => 10, { sendMs: () => 0, answerMs: () => (isHeld ? 8 * SECOND : 5) });
    calls(100);
    await clock.advance(7 * SECOND);
    expect(sent).toHaveLength(10);
    isHeld = false;
    await clock.advance(20 * SECOND);
    expect(sent).toHaveLength(100);
    expect(busiest(sent)).toBe(10);
  });

  test('a call that gave up waiting leaves its place', async () => {
    const { clock, budget, calls, allowed } = client(() => 1, prompt);
    calls(1);
    await settled();
    const patience = new AbortController();
    const impatient = budget.take(patience.signal);
    calls(1);
    await clock.advance(100);
    patience.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    await clock.advance(2 * SECOND);
    expect(allowed).toEqual([0, 1_005]);
  });

  // Late timers, slow sockets and a rate that changes: what a real process meets.
  test.each(Array.from({ length: 20 }, (_, n) => n + 1))(
    'no second ever sees more than the budget, wherever one looks (seed %i)',
    async (seed) => {
      const draw = random(seed);
      const most = 1 + draw.int(150);
      let perSecond = most;
      const { clock, calls, allowed, sent, answered } = client(() => perSecond, {
        sendMs: () => draw.int(draw.int(10) === 0 ? 400 : 3),
        answerMs: () => draw.int(draw.int(10) === 0 ? 2_000 : 30),
      });
      for (let round = 0; round < 100; round++) {
        if (draw.int(4) === 0) calls(draw.int(2 * most));
        if (draw.int(10) === 0) perSecond = 1 + draw.int(most);
        if (draw.int(5) === 0) clock.freeze(draw.int(300));
        await clock.advance(draw.int(300));
      }
      expect(allowed.length).toBeGreaterThan(0);
      expect(busiest(allowed)).toBeLessThanOrEqual(most);
      expect(busiest(sent)).toBeLessThanOrEqual(most);
      expect(busiest(answered)).toBeLessThanOrEqual(most);
    },
  );
});
