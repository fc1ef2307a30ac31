import { failureOf } from '../api/failure.ts';
import type { Log } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';
import { isKube } from './errors.ts';
import { type Happening, isReason, noteText, type Regarding, seriesKey } from './event-text.ts';
import type { KubeEvent } from './kinds.ts';
import { slept } from './lease.ts';
import { type Draft, microTime } from './meta.ts';
import type { Resource } from './resource.ts';

/** Tells people what happened, as events.k8s.io/v1. Recording never waits and never throws. */
export type Recorder = {
  readonly record: (regarding: Regarding, happening: Happening) => void;
  /** Writes until `stop`, then what is left, until `deadline`. Never rejects. */
  readonly run: (stop: AbortSignal, deadline: AbortSignal) => Promise<void>;
};

export type RecorderOptions = {
  readonly events: Pick<Resource<KubeEvent>, 'create' | 'patch'>;
  /** Who reports: "spanferry.io/operator", and the name of this process. */
  readonly controller: string;
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly random?: () => number;
};

/** One line of `kubectl describe`: an event, and how often it has happened since. */
type Series = {
  readonly key: string;
  readonly draft: Draft<KubeEvent>;
  count: number;
  lastAt: number;
  /** The count that the API server knows; 0 before the event is created. */
  told: number;
  /** Not to be written before this moment (monotonic). */
  dueAt: number;
  tries: number;
  touchedAt: number;
};

type Budget = { tokens: number; at: number };

/** A series is told again at most this often, and ends after this long without a happening. */
const AGAIN_MS = 60_000;
const QUIET_MS = 600_000;
/** New lines per object: a handful at once, then one per half a minute. */
const BURST = 10;
const REFILL_MS = 30_000;
const MOST_SERIES = 2_000;
const MOST_TRIES = 4;
const retryPace: Backoff = { baseMs: 2_000, maxMs: 30_000 };

/** Aggregates and limits; what is too much is counted, not written. */
export function recorder(options: RecorderOptions): Recorder {
  const { events, clock, log, metrics, random = Math.random } = options;
  const known = new Map<string, Series>();
  const budgets = new Map<string, Budget>();
  let wake = new AbortController();
  const dropped = metrics.counter({ name: 'spanferry_events_dropped_total', help: 'Events not written', labels: ['because'] as const });

  const record = (regarding: Regarding, happening: Happening): void => {
    if (!isReason(happening.reason)) {
      dropped.inc({ because: 'invalid' });
      log.error('event without a proper reason', { reason: happening.reason });
      return;
    }
    const now = clock.monotonic();
    const clean = { ...happening, note: noteText(happening.note) };
    const key = seriesKey(regarding, clean);
    const running = known.get(key);
    if (running && now - running.touchedAt < QUIET_MS) repeat(running, now);
    else if (allowed(regarding.metadata.uid, now)) begin(key, draftOf(regarding, clean, options), now);
    else dropped.inc({ because: 'rate' });
  };

  const begin = (key: string, draft: Draft<KubeEvent>, now: number): void => {
    makeRoom();
    // Deleted first, so that the newest stand last.
    known.delete(key);
    known.set(key, { key, draft, count: 1, lastAt: clock.now(), told: 0, dueAt: now, tries: 0, touchedAt: now });
    wake.abort();
  };

  const repeat = (series: Series, now: number): void => {
    series.count++;
    series.lastAt = clock.now();
    series.touchedAt = now;
    if (series.count === series.told + 1) wake.abort();
  };

  const allowed = (uid: string, now: number): boolean => {
    const { tokens, at } = budgets.get(uid) ?? { tokens: BURST, at: now };
    const full = Math.min(BURST, tokens + (now - at) / REFILL_MS);
    budgets.delete(uid);
    budgets.set(uid, { tokens: full >= 1 ? full - 1 : full, at: now });
    if (budgets.size > MOST_SERIES) budgets.delete(budgets.keys().next().value ?? '');
    return full >= 1;
  };

  const makeRoom = (): void => {
    if (known.size < MOST_SERIES) return;
    const [oldest] = known.values();
    if (!oldest) return;
    if (oldest.told === 0) dropped.inc({ because: 'full' });
    known.delete(oldest.key);
  };

  const untold = (): Series[] => [...known.values()].filter(({ count, told }) => count > told);

  const write = async (series: Series, signal: AbortSignal): Promise<void> => {
    const { count, lastAt, draft } = series;
    const call = { signal, deadlineMs: 10_000 };
    if (series.told === 0) await created(events.create(count > 1 ? { ...draft, series: seriesOf(count, lastAt) } : draft, call));
    else await events.patch(draft.metadata, [{ op: 'add', path: '/series', value: seriesOf(count, lastAt) }], call);
    series.told = count;
    series.tries = 0;
    series.dueAt = clock.monotonic() + AGAIN_MS;
  };

  const tell = async (series: Series, signal: AbortSignal): Promise<void> => {
    try {
      await write(series, signal);
    } catch (thrown) {
      if (signal.aborted) return;
      series.tries++;
      series.dueAt = clock.monotonic() + backoffMs(retryPace, series.tries, random);
      const pointless = isKube(thrown, 'NotFound', 'Forbidden', 'Unauthorized', 'Invalid', 'Gone', 'Conflict');
      if (!pointless && series.tries < MOST_TRIES) return;
      dropped.inc({ because: pointless ? 'refused' : 'unavailable' });
      log.debug('event not written', { reason: series.draft.reason, failure: failureOf(thrown) });
      known.delete(series.key);
    }
  };

  const tellDue = async (signal: AbortSignal): Promise<void> => {
    for (const series of untold()) if (!signal.aborted && series.dueAt <= clock.monotonic()) await tell(series, signal);
    for (const { key, touchedAt, count, told } of known.values()) {
      if (count === told && clock.monotonic() - touchedAt > QUIET_MS) known.delete(key);
    }
  };

  const run = async (stop: AbortSignal, deadline: AbortSignal): Promise<void> => {
    while (!stop.aborted && !deadline.aborted) {
      wake = new AbortController();
      await tellDue(deadline);
      const due = Math.min(...untold().map(({ dueAt }) => dueAt - clock.monotonic()), QUIET_MS);
      await slept(clock, due, AbortSignal.any([stop, wake.signal]));
    }
    for (const series of untold()) if (!deadline.aborted) await tell(series, deadline);
  };

  return { record, run };
}

/** A creation whose answer was lost meets its own event. */
const created = async (creating: Promise<unknown>): Promise<void> => {
  await creating.catch((thrown) => {
    if (!isKube(thrown, 'AlreadyExists')) throw thrown;
  });
};

const seriesOf = (count: number, at: number) => ({ count, lastObservedTime: microTime(at) });

function draftOf({ apiVersion, kind, metadata }: Regarding, happening: Happening, options: RecorderOptions): Draft<KubeEvent> {
  const { controller, instance, clock, random = Math.random } = options;
  const { namespace, name, uid, resourceVersion } = metadata;
  const suffix = `${clock.now().toString(16)}${Math.floor(random() * 0xfffff)
    .toString(16)
    .padStart(5, '0')}`;
  return {
    ...happening,
    metadata: { namespace, name: `${name.slice(0, 200)}.${suffix}` },
    eventTime: microTime(clock.now()),
    reportingController: controller,
    reportingInstance: instance.slice(0, 128),
    regarding: { apiVersion, kind, namespace, name, uid, resourceVersion },
  };
}
