import { Failed, type Failure, fail, failureOf, kindOf } from '../api/failure.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import { type Clock, systemClock } from '../std/clock.ts';

/** One attempt to read a body from an offset. It throws a `Failed`; leaving the loop early frees its socket. */
export type OpenBody = (from: number, signal: AbortSignal) => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;

export type ResumeOptions = {
  /** Offset of the first byte wanted. */
  readonly from: number;
  /** Size of the whole file: a body that ends before it was cut. */
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  /** A body that says nothing for so long has stalled. The time a slow reader takes does not count. */
  readonly idleMs?: number | undefined;
  readonly backoff?: Backoff;
};

const IDLE_MS = 20_000;
const ATTEMPTS = 4;
/** A store that wants a longer pause is left to the caller, who has better things to do than to wait here. */
const LONGEST_PAUSE_MS = 5_000;
/** This much progress earns a fresh set of attempts, so that a huge file survives more than four cuts. */
const PROGRESS_BYTES = 8 * 1024 * 1024;

/**
 * Reads a body to its end, going on from where it was when it is cut, stalls or fails in a way that passes. The caller's `open`
 * pins the version, so the pieces fit together.
 */
export async function* resumed(open: OpenBody, options: ResumeOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const { size, signal, clock = systemClock, idleMs = IDLE_MS, backoff = { baseMs: 100, maxMs: 5_000 } } = options;
  let at = options.from;
  let attempt = 0;
  let attemptsSince = at;
  while (at < size) {
    const watch = watched(signal, idleMs);
    try {
      for await (const chunk of await open(at, watch.signal)) {
        at += chunk.length;
        watch.pause();
        yield chunk;
        watch.goOn();
      }
      if (at >= size) return;
      fail('StoreUnavailable', `the body ended after ${at} of ${size} bytes`);
    } catch (thrown) {
      signal?.throwIfAborted();
      const failure = watch.stalled() ? stall(idleMs) : failureOf(thrown);
      if (at - attemptsSince >= PROGRESS_BYTES) attempt = 0;
      attemptsSince = at;
      attempt++;
      const pause = failure.retryAfterMs ?? backoffMs(backoff, attempt - 1);
      const passes = kindOf(failure) === 'transient' && failure.reason !== 'InternalError';
      if (!passes || attempt >= ATTEMPTS || pause > LONGEST_PAUSE_MS) throw new Failed(failure);
      await clock.sleep(pause, signal);
    } finally {
      watch.end();
    }
  }
}

const stall = (idleMs: number): Failure => ({ reason: 'StoreUnavailable', message: `no byte came for ${idleMs / 1_000} s` });

/** Watches one attempt: its signal is aborted, and so its socket closed, with the caller's signal or when nothing comes for too long. */
function watched(outer: AbortSignal | undefined, idleMs: number) {
  const stop = new AbortController();
  const onAbort = () => stop.abort(outer?.reason);
  let reading = true;
  let stalled = false;
  const timer = setTimeout(() => {
    if (!reading) return;
    stalled = true;
    stop.abort();
  }, idleMs);
  if (outer?.aborted) onAbort();
  outer?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: stop.signal,
    stalled: () => stalled,
    /** The time that the reader takes does not count. */
    pause: () => {
      reading = false;
    },
    goOn: () => {
      reading = true;
      timer.refresh();
    },
    end: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}
