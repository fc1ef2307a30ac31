import { failureOf, kindOf } from '../api/failure.ts';
import { backoffMs } from '../std/backoff.ts';
import { type Clock, systemClock } from '../std/clock.ts';

const ATTEMPTS = 3;
/** A store that wants a longer pause is left to the caller, who has better things to do than to wait here. */
const LONGEST_MS = 5_000;

/** Repeats one small call a few times while its failure is one that passes. */
export async function retried<Result>(work: () => Promise<Result>, signal?: AbortSignal, clock: Clock = systemClock): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      signal?.throwIfAborted();
      const failure = failureOf(thrown);
      const pause = failure.retryAfterMs ?? backoffMs({ baseMs: 200, maxMs: LONGEST_MS }, attempt - 1);
      const passes = kindOf(failure) === 'transient' && failure.reason !== 'InternalError';
      if (!passes || attempt >= ATTEMPTS || pause > LONGEST_MS) throw thrown;
      await clock.sleep(pause, signal);
    }
  }
}
