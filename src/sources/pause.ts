import type { Failure } from '../api/failure.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';

/** Why no records of a source can be created: what was refused a moment ago would only be refused again. */
export type Pause = {
  readonly begin: (failure: Failure) => void;
  /** A record was created: whatever was in the way is over. */
  readonly end: () => void;
  /** May the next file be tried? */
  readonly isOver: () => boolean;
  /** What was in the way the last time, also while the next file is tried. */
  readonly failure: () => Failure | undefined;
};

const pace: Backoff = { baseMs: 2_000, maxMs: 60_000 };

export type PauseOptions = {
  readonly clock: Clock;
  readonly random?: (() => number) | undefined;
  readonly onBegin: () => void;
};

export function pause({ clock, random, onBegin }: PauseOptions): Pause {
  let last: { readonly failure: Failure; readonly until: number } | undefined;
  let failures = 0;
  const isOver = () => last === undefined || clock.monotonic() >= last.until;
  return {
    begin: (failure) => {
      // The files of one round are refused together, which is one refusal.
      if (!isOver()) return;
      const wait = failure.retryAfterMs ?? backoffMs(pace, failures++, random);
      last = { failure, until: clock.monotonic() + Math.min(wait, pace.maxMs) };
      onBegin();
    },
    end: () => {
      last = undefined;
      failures = 0;
    },
    isOver,
    failure: () => last?.failure,
  };
}
