import type { Clock } from '../../src/std/clock.ts';

/** A clock whose hands the test turns. Sleepers wake in the order of their due moments, ties in the order of their coming. */
export type VirtualClock = Clock & {
  /** Lets `ms` pass: every sleeper that falls due wakes at its own moment, and what it does settles before the next one wakes. */
  readonly advance: (ms: number) => Promise<void>;
  /** Time passes but nobody wakes, as in a process that was stopped. The sleepers due meanwhile wake with the next `advance`. */
  readonly freeze: (ms: number) => void;
  /** Sets the wall clock forward or back; the monotonic clock does not notice. */
  readonly jump: (ms: number) => void;
  /** How long each sleeper still waits, soonest first. */
  readonly pending: () => readonly number[];
};

type Sleeper = { readonly due: number; readonly wake: () => void };

/** Starts at a fixed moment, so that times in assertions are the same in every run. */
export function virtualClock(start = Date.parse('2026-11-20T12:00:00Z')): VirtualClock {
  let elapsed = 0;
  let wallOffset = start;
  const sleepers = new Set<Sleeper>();

  const soonest = (): Sleeper | undefined => {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) if (!first || sleeper.due < first.due) first = sleeper;
    return first;
  };

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        due: elapsed + Math.max(0, ms),
        wake: () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      sleepers.add(sleeper);
    });

  const advance = async (ms: number): Promise<void> => {
    const target = elapsed + ms;
    await settled();
    for (let next = soonest(); next && next.due <= target; next = soonest()) {
      elapsed = Math.max(elapsed, next.due);
      next.wake();
      await settled();
    }
    elapsed = Math.max(elapsed, target);
  };

  return {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    sleep,
    advance,
    freeze: (ms) => {
      elapsed += ms;
    },
    jump: (ms) => {
      wallOffset += ms;
    },
    pending: () => [...sleepers].map(({ due }) => due - elapsed).sort((a, b) => a - b),
  };
}

/** Until every promise that can settle without time or I/O has settled. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
