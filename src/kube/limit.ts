import type { Clock } from '../std/clock.ts';
import { semaphore } from '../std/semaphore.ts';

/** A budget of calls per second. */
export type Limit = {
  /**
   * Resolves when the next call may be made; first come, first served. The function that it gives is to be called when the call has
   * its answer, or is given up.
   */
  readonly take: (signal?: AbortSignal) => Promise<() => void>;
};

const SECOND = 1_000;
/** What comes late, or after a rest, need not be spaced: calls of so long a time may pass at once. */
const SLACK = SECOND / 10;

/**
 * Lets at most `perSecond` calls pass in any second, wherever one looks: where they are sent, where they arrive, and where they are
 * answered. For that a call counts from the moment it may go until a second after its answer; what waits behind a slow server is in it. Calls are
 * spaced evenly as well, or the first ones of each second would come all at once. The rate may change while it runs: one budget is shared
 * by all processes of an installation, and their number changes.
 */
export function rateLimit(clock: Clock, perSecond: () => number): Limit {
  const turns = semaphore(1);
  /** When the calls of the last second were answered. */
  const answered: number[] = [];
  let underWay = 0;
  /** When the last call would have passed, had all been spaced evenly. */
  let last = Number.NEGATIVE_INFINITY;

  const waitMs = (now: number): number => {
    while (answered[0] !== undefined && answered[0] <= now - SECOND) answered.shift();
    const spaced = last + SECOND / perSecond();
    const isFull = underWay + answered.length >= Math.max(1, Math.floor(perSecond()));
    // Where all are still under way, none is a second old before a second is over.
    return Math.max(spaced, isFull ? (answered[0] ?? now) + SECOND : now) - now;
  };

  const pass = (now: number): (() => void) => {
    const interval = SECOND / perSecond();
    last = Math.max(last + interval, now - Math.max(0, SLACK - interval));
    underWay++;
    return () => {
      underWay--;
      answered.push(clock.monotonic());
    };
  };

  const take = async (signal?: AbortSignal): Promise<() => void> => {
    const leave = await turns.acquire(1, signal);
    try {
      for (;;) {
        const now = clock.monotonic();
        const ms = waitMs(now);
        if (ms <= 0) return pass(now);
        // Timers know whole milliseconds; and the rate may be another one in a second.
        await clock.sleep(Math.min(Math.ceil(ms), SECOND), signal);
      }
    } finally {
      leave();
    }
  };

  return { take };
}
