import { Failed, failureOf, isFailed } from '../../api/failure.ts';
import type { Batch, Input } from '../port.ts';
import { type Feed, startFeed } from './feed.ts';
import type { Thread } from './handle.ts';
import { BATCHES_AHEAD, type FromThread, type ToThread } from './messages.ts';

/** What a job is to its caller: batches of a kind, and a result. */
export type Work<B extends Batch, R> = {
  readonly job: number;
  /** What the thread is told, and the memory that goes with it. */
  readonly start: ToThread;
  readonly transfer?: ArrayBuffer[];
  /** Where the thread may open streams. */
  readonly input?: Input;
  readonly take: (batch: B) => Promise<void> | void;
  readonly signal: AbortSignal | undefined;
  /** How long a thread or a stream that was told to stop may take to do so. */
  readonly graceMs: number;
  /** For the compiler alone: what the thread will say in the end. */
  readonly result?: R;
};

export type Run<R> = {
  /**
   * Resolves when the thread has said all it has to say about the job: true where it can be used for another one. The last batches
   * may still be with their taker, who may wait long for a destination: nobody else should wait for that.
   */
  readonly free: Promise<boolean>;
  /** Resolves when the thread has waited a while for the taker, or for input: it may as well work for somebody else meanwhile. */
  readonly stalled: Promise<void>;
  /** Settles when every batch was taken, with every listener, timer and stream of the job gone. */
  readonly result: Promise<R>;
};

/** A taker or a stream that is only busy is worth waiting for: more jobs at the same time take more memory. */
const PATIENCE_MS = 50;

/** Runs a job in a thread, beside others. */
export function runJob<B extends Batch, R>(thread: Thread, work: Work<B, R>): Run<R> {
  const { job, input, take, signal, graceMs } = work;
  const feeds = new Map<number, Feed>();
  const pumps: Promise<void>[] = [];
  const stopFeeds = new AbortController();
  const free = Promise.withResolvers<boolean>();
  const stalled = Promise.withResolvers<void>();
  let taking: Promise<void> = Promise.resolve();
  let untaken = 0;
  let stopped: { readonly thrown: unknown } | undefined;
  let brokenInput: unknown;
  let grace: NodeJS.Timeout | undefined;
  let patience: NodeJS.Timeout | undefined;
  let isFree = false;

  const result = new Promise<R>((resolve, reject) => {
    const say = (message: ToThread, transfer: ArrayBuffer[] = []) => {
      if (!isFree) thread.say(message, transfer);
    };

    /** Memory is welcome at any time, whoever the thread works for by then. */
    const reuse = (memory: ArrayBufferLike): void => {
      if (memory instanceof ArrayBuffer && !memory.detached) thread.say({ do: 'reuse', memory }, [memory]);
    };

    /** Whenever something moved: does the thread wait for us now? */
    const watch = (): void => {
      const waits = !isFree && (untaken >= BATCHES_AHEAD || feeds.values().some(({ starves }) => starves()));
      if (waits) patience ??= setTimeout(stalled.resolve, PATIENCE_MS);
      else {
        clearTimeout(patience);
        patience = undefined;
      }
    };

    const leave = (reusable: boolean): void => {
      if (isFree) return;
      isFree = true;
      watch();
      thread.leave(job);
      stopFeeds.abort('the job is over');
      free.resolve(reusable);
    };

    const end = (ending: { readonly result: R } | { readonly thrown: unknown }): void => {
      signal?.removeEventListener('abort', onAbort);
      const settle = (): void => {
        clearTimeout(grace);
        const how = stopped ?? ending;
        if ('thrown' in how) reject(how.thrown);
        else resolve(how.result);
      };
      clearTimeout(grace);
      grace = setTimeout(settle, graceMs);
      Promise.all(pumps).then(settle);
    };

    const stop = (thrown: unknown): void => {
      if (stopped) return;
      stopped = { thrown };
      stopFeeds.abort('the job is over');
      if (isFree) end({ thrown });
      else {
        say({ do: 'abort', job });
        grace = setTimeout(() => lose(thrown), graceMs);
      }
    };

    const lose = (thrown: unknown): void => {
      leave(false);
      end({ thrown });
    };

    const open = (stream: number, from: number): void => {
      if (stopped || !input) return;
      const feed = startFeed(input, from, stopFeeds.signal, {
        chunk: (bytes) => {
          say({ do: 'chunk', stream, bytes }, [bytes.buffer]);
          watch();
        },
        end: () => say({ do: 'end', stream }),
        broken: (thrown) => {
          brokenInput = thrown;
          const { reason, message } = failureOf(thrown);
          say({ do: 'broken', stream, failure: { reason, message } });
        },
      });
      feeds.set(stream, feed);
      pumps.push(feed.done.finally(watch));
      watch();
    };

    const deliver = async (batch: B): Promise<void> => {
      if (stopped) return;
      try {
        await take({ ...batch, release: () => reuse(batch.body.buffer) });
        untaken--;
        watch();
        say({ do: 'taken', job });
      } catch (thrown) {
        stop(thrown);
      }
    };

    const onMessage = (message: FromThread): void => {
      if (message.say === 'open') open(message.stream, message.from);
      else if (message.say === 'next') feeds.get(message.stream)?.more(message.memory);
      else if (message.say === 'close') {
        feeds.get(message.stream)?.close();
        feeds.delete(message.stream);
      } else if (message.say === 'batch') {
        untaken++;
        taking = taking.then(() => deliver(message.batch as B));
      } else if (message.say === 'done') {
        leave(true);
        taking.then(() => end({ result: message.result as R }));
      } else {
        // What the caller's own stream threw goes back to the caller as it is.
        const ours = brokenInput !== undefined && !isFailed(brokenInput);
        const thrown = ours ? brokenInput : new Failed({ ...message.failure, ...(brokenInput ? { cause: brokenInput } : {}) });
        leave(true);
        taking.then(() => end({ thrown }));
      }
      watch();
    };

    const onAbort = (): void => stop(signal?.reason);

    thread.listen(job, { onMessage, onLost: (why) => lose(lost(why)) });
    signal?.addEventListener('abort', onAbort, { once: true });
    say(work.start, work.transfer);
    if (signal?.aborted) onAbort();
  });
  return { free: free.promise, stalled: stalled.promise, result };
}

const lost = (why: string): Failed => new Failed({ reason: 'InternalError', message: `a transcoding thread was lost: ${why}` });
