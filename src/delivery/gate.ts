import type { Failure } from '../api/failure.ts';
import type { Clock } from '../std/clock.ts';
import { abandoned, type Breaker, type BreakerRules, chooseProbe, closed, failed, mayGo, passed, went } from './breaker.ts';

/** A breaker with those who wait before it. */
export type Gate = {
  readonly breaker: () => Breaker;
  /** Is the way free for this file right now? */
  readonly isFree: (file: string) => boolean;
  readonly go: (file: string) => void;
  readonly pass: (file: string) => void;
  readonly fail: (file: string, failure: Failure) => void;
  readonly abandon: (file: string) => void;
  /** Resolves when the file is invited to go: everybody once the way is free, one at a time to probe. */
  readonly invitation: (file: string, signal: AbortSignal) => Promise<void>;
  /** Nobody waits here any more. */
  readonly close: () => void;
};

/** An invited file that does not go loses its turn to the next: it may still be opening its source. */
const INVITATION_MS = 5_000;

type Waiter = { readonly file: string; readonly come: () => void };

export function gate(clock: Clock, rules: BreakerRules, changed: (now: Breaker, before: Breaker) => void): Gate {
  let breaker: Breaker = closed;
  let invited: { readonly file: string; readonly until: number } | undefined;
  let timer = new AbortController();
  const waiters = new Set<Waiter>();

  const become = (next: Breaker) => {
    if (next === breaker) return;
    const before = breaker;
    breaker = next;
    invited = undefined;
    if (before.is !== next.is) changed(next, before);
    pump();
  };

  const wakeAt = (at: number) => {
    const ms = Math.max(0, at - clock.monotonic());
    clock.sleep(ms, timer.signal).then(pump, () => {});
  };

  const invite = (waiter: Waiter) => {
    waiters.delete(waiter);
    waiter.come();
  };

  const pump = () => {
    timer.abort();
    timer = new AbortController();
    if (breaker.is === 'closed') for (const waiter of [...waiters]) invite(waiter);
    if (breaker.is !== 'open' || waiters.size === 0) return;
    const now = clock.monotonic();
    const busyUntil = Math.max(breaker.until, invited?.until ?? 0);
    if (now < busyUntil) return wakeAt(busyUntil);
    const chosen = chooseProbe(breaker, waiters);
    if (!chosen) return;
    invited = { file: chosen.file, until: now + INVITATION_MS };
    invite(chosen);
    if (waiters.size > 0) wakeAt(invited.until);
  };

  const isFree = (file: string): boolean => {
    const now = clock.monotonic();
    const isTaken = invited !== undefined && invited.file !== file && now < invited.until && breaker.is !== 'closed';
    return mayGo(breaker, now) && !isTaken;
  };

  const invitation = (file: string, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        waiters.delete(waiter);
        reject(signal.reason);
      };
      const come = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const waiter = { file, come };
      signal.addEventListener('abort', onAbort, { once: true });
      waiters.add(waiter);
      pump();
    });

  return {
    breaker: () => breaker,
    isFree,
    go: (file) => become(went(breaker, file)),
    pass: (file) => become(passed(breaker, file)),
    fail: (file, failure) => become(failed(breaker, { file, failure, now: clock.monotonic() }, rules)),
    abandon: (file) => become(abandoned(breaker, file, clock.monotonic())),
    invitation,
    close: () => {
      become(closed);
      timer.abort();
    },
  };
}
