import { type Failure, failureOf, kindOf } from '../api/failure.ts';
import type { Log } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Clock } from '../std/clock.ts';
import { type ControllerMetrics, controllerMetrics } from './controller-metrics.ts';
import type { Queue, Taken } from './queue.ts';

/** What became of one round of work on a key. */
export type Outcome =
  /** Nothing left to do until something changes. */
  | { readonly do: 'done' }
  /** Look again after a while; nothing failed. */
  | { readonly do: 'requeueAfter'; readonly ms: number }
  /** Try again, each time later, or when the failure says. */
  | { readonly do: 'failed'; readonly failure: Failure }
  /** Trying again cannot help; only a change of the object can. */
  | { readonly do: 'terminal'; readonly failure: Failure };

/** One round of work on a key. `signal` is aborted when the round must end at once, whatever is left undone. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<Outcome>;

export type ControllerOptions = {
  readonly name: string;
  readonly queue: Queue;
  readonly reconcile: Reconcile;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
};

export type Controller = {
  /**
   * Takes keys until `stop`, then lets the rounds that run come to their end. `abandon` ends those too.
   * It never rejects: what a round throws is a failure of its key.
   */
  readonly run: (stop: AbortSignal, abandon: AbortSignal) => Promise<void>;
};

/** The loop: take a key, work on it, and let the outcome decide when it comes back. */
export function controller({ name, queue, reconcile, concurrency, clock, log: parent, metrics }: ControllerOptions): Controller {
  const log = parent.with({ controller: name });
  const measure = controllerMetrics(name, concurrency, metrics);

  const worker = async (stop: AbortSignal, abandon: AbortSignal): Promise<void> => {
    for (;;) {
      const taken = await queue.take(stop).catch(() => undefined);
      if (!taken) return;
      const outcome = await round(taken.key, abandon);
      if (!abandon.aborted) settle(taken, outcome, { queue, log, measure });
      queue.done(taken.key);
    }
  };

  const round = async (key: string, abandon: AbortSignal): Promise<Outcome> => {
    const startedAt = clock.monotonic();
    measure.started();
    try {
      return await reconcile(key, abandon);
    } catch (thrown) {
      return thrownOutcome(failureOf(thrown));
    } finally {
      measure.finished((clock.monotonic() - startedAt) / 1_000);
    }
  };

  return {
    run: async (stop, abandon) => {
      const either = AbortSignal.any([stop, abandon]);
      await Promise.all(Array.from({ length: concurrency }, () => worker(either, abandon)));
    },
  };
}

const thrownOutcome = (failure: Failure): Outcome => ({ do: kindOf(failure) === 'terminal' ? 'terminal' : 'failed', failure });

type Tools = { readonly queue: Queue; readonly log: Log; readonly measure: ControllerMetrics };

/** The one place where an outcome turns into the next time of a key. Its priority stays with it. */
function settle({ key, priority }: Taken, outcome: Outcome, { queue, log, measure }: Tools): void {
  switch (outcome.do) {
    case 'done':
      queue.forget(key);
      measure.result('success');
      break;
    case 'requeueAfter':
      queue.forget(key);
      queue.addAfter(key, outcome.ms, priority);
      measure.result('requeue_after');
      break;
    case 'failed': {
      const retryInMs = comeBack(key, priority, outcome.failure, queue);
      log.warn('reconcile failed', { key, failure: outcome.failure, retryInMs: Math.round(retryInMs) });
      measure.failed(outcome.failure);
      break;
    }
    case 'terminal':
      queue.forget(key);
      log.warn('reconcile ended for good', { key, failure: outcome.failure });
      measure.terminal();
      measure.failed(outcome.failure);
      break;
    default:
      outcome satisfies never;
  }
}

/** A failure that names its time is obeyed; it does not make later failures wait longer. */
function comeBack(key: string, priority: number, { retryAfterMs }: Failure, queue: Queue): number {
  if (retryAfterMs === undefined) return queue.retry(key, priority);
  queue.addAfter(key, retryAfterMs, priority);
  return retryAfterMs;
}
