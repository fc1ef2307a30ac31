import type { Clock } from '../std/clock.ts';

/** A budget of calls per second. */
export type Limit = {
  /** Resolves when the next call may be made; first come, first served. */
  readonly take: (signal?: AbortSignal) => Promise<void>;
};

/**
 * A token bucket that lets `perSecond` calls pass, and those of a tenth of a second at once after a rest: with more, the first
 * second after a rest would see twice the budget. The rate may change while it runs: one budget is shared by all processes of an
 * installation, and their number changes.
 */
export function tokenBucket(clock: Clock, perSecond: () => number): Limit {
  const burst = () => Math.max(1, perSecond() / 10);
  let tokens = burst();
  let at = clock.monotonic();

  const take = async (signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    const now = clock.monotonic();
    tokens = Math.min(burst(), tokens + ((now - at) / 1_000) * perSecond());
    at = now;
    // Tokens may go below zero: each waiter then has its own place in time, without a queue.
    tokens -= 1;
    if (tokens >= 0) return;
    try {
      await clock.sleep((-tokens / perSecond()) * 1_000, signal);
    } catch (aborted) {
      tokens += 1;
      throw aborted;
    }
  };

  return { take };
}
