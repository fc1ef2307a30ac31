import { type Failure, kindOf } from '../api/failure.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';

/** What is known about one address (or one address with one credential). Times are monotonic milliseconds. */
export type Breaker =
  | { readonly is: 'closed'; readonly failures: number }
  | ({ readonly is: 'open'; readonly until: number } & Trouble)
  | ({ readonly is: 'probing'; readonly probe: string } & Trouble);

type Trouble = {
  readonly failure: Failure;
  readonly since: number;
  /** How many times it opened without a pass between. */
  readonly times: number;
  /** The file whose failure opened it: another one should probe. */
  readonly culprit: string;
};

export type BreakerRules = {
  /** Failures in a row that open it. One is enough where the failure names a time to wait. */
  readonly opensAfter: number;
  readonly transient: Backoff;
  /** Where somebody must act, probing is slower. */
  readonly waiting: Backoff;
};

export const closed: Breaker = { is: 'closed', failures: 0 };

/** May this file send now? In an open breaker whose time is over, one may: as the probe. */
export const mayGo = (breaker: Breaker, now: number): boolean => breaker.is === 'closed' || (breaker.is === 'open' && now >= breaker.until);

/** A file that may go goes. */
export function went(breaker: Breaker, file: string): Breaker {
  if (breaker.is !== 'open') return breaker;
  const { until: _, ...trouble } = breaker;
  return { ...trouble, is: 'probing', probe: file };
}

/** Somebody got through. What was sent before the breaker opened proves nothing about now. */
export function passed(breaker: Breaker, file: string): Breaker {
  if (breaker.is === 'open' || (breaker.is === 'probing' && breaker.probe !== file)) return breaker;
  return breaker.is === 'closed' && breaker.failures === 0 ? breaker : closed;
}

/** Somebody failed. Failures of requests that were under way when it opened do not make the wait longer, but for a later Retry-After. */
export function failed(
  breaker: Breaker,
  {
    file,
    failure,
    now,
    random,
  }: { readonly file: string; readonly failure: Failure; readonly now: number; readonly random?: () => number },
  rules: BreakerRules,
): Breaker {
  const asked = failure.retryAfterMs === undefined ? undefined : now + failure.retryAfterMs;
  if (breaker.is === 'open') return asked !== undefined && asked > breaker.until ? { ...breaker, until: asked } : breaker;
  if (breaker.is === 'probing' && breaker.probe !== file) return breaker;
  const failures = breaker.is === 'closed' ? breaker.failures + 1 : 1;
  if (breaker.is === 'closed' && failures < rules.opensAfter && asked === undefined) return { is: 'closed', failures };
  const times = breaker.is === 'closed' ? 1 : breaker.times + 1;
  const since = breaker.is === 'closed' ? now : breaker.since;
  const until = asked ?? now + backoffMs(kindOf(failure) === 'waiting' ? rules.waiting : rules.transient, times - 1, random);
  return { is: 'open', until, times, failure, since, culprit: file };
}

/** The probe ended without an answer (its file was suspended, say): the next may probe at once. */
export function abandoned(breaker: Breaker, file: string, now: number): Breaker {
  if (breaker.is !== 'probing' || breaker.probe !== file) return breaker;
  const { probe: _, ...trouble } = breaker;
  return { ...trouble, is: 'open', until: now };
}

/** Of those who wait, the one to probe: anybody but the culprit, where there is anybody else. */
export function chooseProbe<Waiter extends { readonly file: string }>(breaker: Breaker, waiters: Iterable<Waiter>): Waiter | undefined {
  let fallback: Waiter | undefined;
  for (const waiter of waiters) {
    if (breaker.is === 'closed' || waiter.file !== breaker.culprit) return waiter;
    fallback ??= waiter;
  }
  return fallback;
}
