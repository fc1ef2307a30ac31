import { fail } from '../api/failure.ts';
import type { Clock } from '../std/clock.ts';

/**
 * A right to act that ends by itself unless it is renewed: to lead, to send. Whoever acts under it asks `stillHeld` right
 * before each act; `signal` ends long work. Once it has ended it stays ended.
 */
export type Tenure = {
  /** Aborted when the right ends. A process that was stopped and goes on may act before its timers fire: see `stillHeld`. */
  readonly signal: AbortSignal;
  /** Compares clocks, so it is true to the moment, even if no timer could fire in time. */
  readonly stillHeld: () => boolean;
  /** Throws `LeaseLost` unless the right is still held. */
  readonly assertHeld: () => void;
};

/** The side of a tenure that its holder keeps. */
export type HeldTenure = Tenure & {
  /** A renewal that was sent at `sentAt` (monotonic) succeeded. False if it came too late: the right had ended before. */
  readonly renewed: (sentAt: number) => boolean;
  readonly end: (why: string) => void;
};

/**
 * A right that lasts `ms` from the moment at which the last successful renewal was sent. Others saw that renewal later than it
 * was sent, so they count from a later moment: with a longer time of theirs, two holders never overlap.
 */
export function tenure(clock: Clock, ms: number, sentAt: number): HeldTenure {
  const ended = new AbortController();
  let until = sentAt + ms;

  const end = (why: string): void => ended.abort(new Error(why));

  const stillHeld = (): boolean => {
    if (!ended.signal.aborted && clock.monotonic() >= until) end(`not renewed for ${ms} ms`);
    return !ended.signal.aborted;
  };

  const watch = async (): Promise<void> => {
    while (stillHeld()) await clock.sleep(Math.max(1, until - clock.monotonic()), ended.signal);
  };
  watch().catch(() => {});

  return {
    signal: ended.signal,
    stillHeld,
    assertHeld: () => {
      if (!stillHeld()) fail('LeaseLost', 'the Lease could not be renewed in time');
    },
    renewed: (at) => {
      if (!stillHeld()) return false;
      until = Math.max(until, at + ms);
      return stillHeld();
    },
    end,
  };
}
