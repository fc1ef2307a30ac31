import { type Failure, failureOf } from '../api/failure.ts';
import type { Log } from '../observability/logger.ts';
import type { Clock } from '../std/clock.ts';
import type { Part } from './part.ts';

export type ManagerOptions = {
  readonly clock: Clock;
  readonly log: Log;
  /** Ends everything in good order. */
  readonly stop: AbortSignal;
  /** Ends everything at once: there is no time left to drain. */
  readonly abandon?: AbortSignal;
  /** How long all parts together may take to drain. */
  readonly drainMs: number;
  /** What each part gets for its last words when that time is over. Left out: as long as it takes, because the caller has a deadline. */
  readonly lastWordsMs?: number;
  /** Called before anything else when the end begins: not ready any more. */
  readonly onStopping?: () => void;
};

export type Ended = {
  /** Why the parts ended, unless they were asked to. */
  readonly failure?: Failure;
  /** Parts that did not stop in time and may still be running. */
  readonly abandoned: readonly string[];
};

/**
 * Starts the parts in order, waits until they are to end, and stops them in the opposite order:
 * not ready → no new work → drain to a deadline → last words. It never rejects.
 */
export async function runParts(parts: readonly Part[], options: ManagerOptions): Promise<Ended> {
  const { stop, abandon, clock, log, onStopping } = options;
  const broken = new AbortController();
  const ending = AbortSignal.any(abandon ? [stop, abandon, broken.signal] : [stop, broken.signal]);
  const up: Started[] = [];
  let failure: Failure | undefined;
  const breakDown = (name: string) => (thrown: unknown) => {
    if (ending.aborted) return;
    failure = failureOf(thrown);
    log.error('part broke', { part: name, failure });
    broken.abort();
  };

  for (const part of parts) {
    if (ending.aborted) break;
    up.push(await start(part, ending, breakDown(part.name), options));
  }
  if (!ending.aborted) log.info('all parts running', { parts: up.length });
  await aborted(ending);

  log.info('stopping', { because: failure ? 'a part broke' : abandon?.aborted ? 'abandoned' : 'asked to stop' });
  onStopping?.();
  for (const { part } of up) part.quiet?.();
  const drain = deadline(options);
  const abandoned: string[] = [];
  for (const started of up.reverse()) if (!(await end(started, drain.signal, options))) abandoned.push(started.part.name);
  drain.cancel();
  log.info('stopped', { abandoned, tookMs: Math.round(clock.monotonic() - drain.since) });
  return { abandoned, ...(failure ? { failure } : {}) };
}

type Started = { readonly part: Part; readonly lifetime: AbortController };

/** A start that hangs is left when the end begins: the part is then stopped like one that is up. */
async function start(part: Part, ending: AbortSignal, broken: (thrown: unknown) => void, { clock, log }: ManagerOptions): Promise<Started> {
  const lifetime = new AbortController();
  const since = clock.monotonic();
  log.info('part starting', { part: part.name });
  const starting = (async () => part.start(lifetime.signal, broken))();
  await Promise.race([starting.catch(broken), aborted(ending)]);
  if (!ending.aborted) log.info('part running', { part: part.name, tookMs: Math.round(clock.monotonic() - since) });
  return { part, lifetime };
}

/** Returns false if the part did not stop in time. */
async function end({ part, lifetime }: Started, drained: AbortSignal, options: ManagerOptions): Promise<boolean> {
  const { clock, log, lastWordsMs } = options;
  const since = clock.monotonic();
  log.info('part stopping', { part: part.name });
  lifetime.abort(new Error(`${part.name} is to stop`));
  const patience = new AbortController();
  const stopping = (async () => part.stop?.(drained))().then(
    () => true,
    (thrown) => {
      log.error('part failed to stop cleanly', { part: part.name, failure: failureOf(thrown) });
      return true;
    },
  );
  const inTime = await (lastWordsMs === undefined
    ? stopping
    : Promise.race([stopping, overdue(drained, lastWordsMs, clock, patience.signal)]));
  patience.abort();
  const tookMs = Math.round(clock.monotonic() - since);
  if (inTime) log.info('part stopped', { part: part.name, tookMs });
  else log.error('part did not stop in time', { part: part.name, tookMs });
  return inTime;
}

/** False once the last words took too long. */
const overdue = (drained: AbortSignal, lastWordsMs: number, clock: Clock, patience: AbortSignal): Promise<boolean> =>
  aborted(drained, patience)
    .then(() => clock.sleep(lastWordsMs, patience))
    .then(
      () => false,
      () => true,
    );

/** Aborted when the time to drain is over, or at once when everything is abandoned. */
function deadline({ clock, drainMs, abandon }: ManagerOptions) {
  const timer = new AbortController();
  const over = new AbortController();
  clock.sleep(drainMs, timer.signal).then(
    () => over.abort(new Error('the time to drain is over')),
    () => {},
  );
  const signal = abandon ? AbortSignal.any([over.signal, abandon]) : over.signal;
  return { signal, since: clock.monotonic(), cancel: () => timer.abort() };
}

/** Resolves when `signal` is aborted; rejects if `unless` is aborted first. */
function aborted(signal: AbortSignal, unless?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve();
    const settle = (how: () => void) => () => {
      signal.removeEventListener('abort', onAbort);
      unless?.removeEventListener('abort', onUnless);
      how();
    };
    const onAbort = settle(resolve);
    const onUnless = settle(() => reject(unless?.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    unless?.addEventListener('abort', onUnless, { once: true });
  });
}
