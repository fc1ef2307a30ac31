import type { Worker } from 'node:worker_threads';
import { Failed, failureOf } from '../../api/failure.ts';
import type { Batch, Input, Settings, Summary } from '../port.ts';
import { type Feed, startFeed } from './feed.ts';
import type { FromThread, ToThread } from './messages.ts';

export type Work = {
  readonly job: number;
  readonly input: Input;
  readonly settings: Settings;
  readonly take: (batch: Batch) => Promise<void> | void;
  readonly signal: AbortSignal | undefined;
  /** How long a thread or a stream that was told to stop may take to do so. */
  readonly graceMs: number;
};

export type Run = {
  /**
   * Resolves when the thread has said all it has to say about the job: true where it can be used for another one. The last batches
   * may still be with their taker, who may wait long for a destination: nobody else should wait for that.
   */
  readonly free: Promise<boolean>;
  /** Settles when every batch was taken, with every listener, timer and stream of the job gone. */
  readonly summary: Promise<Summary>;
};

/** Runs one job in a thread that has none. */
export function runJob(worker: Worker, work: Work): Run {
  const { job, input, settings, take, signal, graceMs } = work;
  const feeds = new Map<number, Feed>();
  const pumps: Promise<void>[] = [];
  const stopFeeds = new AbortController();
  const free = Promise.withResolvers<boolean>();
  let taking: Promise<void> = Promise.resolve();
  let stopped: { readonly thrown: unknown } | undefined;
  let brokenInput: unknown;
  let grace: NodeJS.Timeout | undefined;
  let isFree = false;

  const summary = new Promise<Summary>((resolve, reject) => {
    const say = (message: ToThread, transfer: ArrayBuffer[] = []) => {
      if (!isFree) worker.postMessage(message, transfer);
    };

    /** Memory is welcome at any time, whoever the thread works for by then. */
    const reuse = (memory: ArrayBufferLike): void => {
      if (!(memory instanceof ArrayBuffer) || memory.detached) return;
      const message: ToThread = { do: 'reuse', memory };
      worker.postMessage(message, [memory]);
    };

    const leave = (reusable: boolean): void => {
      if (isFree) return;
      isFree = true;
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      stopFeeds.abort();
      free.resolve(reusable);
    };

    const end = (ending: { readonly summary: Summary } | { readonly thrown: unknown }): void => {
      signal?.removeEventListener('abort', onAbort);
      const settle = (): void => {
        clearTimeout(grace);
        const how = stopped ?? ending;
        if ('thrown' in how) reject(how.thrown);
        else resolve(how.summary);
      };
      clearTimeout(grace);
      grace = setTimeout(settle, graceMs);
      Promise.all(pumps).then(settle);
    };

    const stop = (thrown: unknown): void => {
      if (stopped) return;
      stopped = { thrown };
      stopFeeds.abort();
      if (isFree) end({ thrown });
      else {
        say({ do: 'abort' });
        grace = setTimeout(() => lose(thrown), graceMs);
      }
    };

    const lose = (thrown: unknown): void => {
      leave(false);
      end({ thrown });
    };

    const open = (stream: number, from: number): void => {
      if (stopped) return;
      const feed = startFeed(input, from, stopFeeds.signal, {
        chunk: (bytes) => say({ do: 'chunk', stream, bytes }, [bytes.buffer]),
        end: () => say({ do: 'end', stream }),
        broken: (thrown) => {
          brokenInput = thrown;
          const { reason, message } = failureOf(thrown);
          say({ do: 'broken', stream, failure: { reason, message } });
        },
      });
      feeds.set(stream, feed);
      pumps.push(feed.done);
    };

    const deliver = async (batch: Batch): Promise<void> => {
      if (stopped) return;
      try {
        await take({ ...batch, release: () => reuse(batch.body.buffer) });
        say({ do: 'taken' });
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
      } else if (message.say === 'batch') taking = taking.then(() => deliver(message.batch));
      else if (message.job !== job) return;
      else if (message.say === 'done') {
        leave(true);
        taking.then(() => end({ summary: message.summary }));
      } else {
        // What the caller's own stream threw goes back to the caller as it is.
        const ours = brokenInput !== undefined && !(brokenInput instanceof Failed);
        const thrown = ours ? brokenInput : new Failed({ ...message.failure, ...(brokenInput ? { cause: brokenInput } : {}) });
        leave(true);
        taking.then(() => end({ thrown }));
      }
    };

    const onError = (error: unknown): void => lose(lost(error instanceof Error ? error.message : String(error)));
    const onExit = (code: number): void => lose(lost(`it exited with code ${code}`));
    const onAbort = (): void => stop(signal?.reason);

    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal?.addEventListener('abort', onAbort, { once: true });
    say({
      do: 'transcode',
      job,
      settings,
      ...(input.size === undefined ? {} : { size: input.size }),
      ...(input.name === undefined ? {} : { name: input.name }),
    });
    if (signal?.aborted) onAbort();
  });
  return { free: free.promise, summary };
}

const lost = (why: string): Failed => new Failed({ reason: 'InternalError', message: `a transcoding thread was lost: ${why}` });
