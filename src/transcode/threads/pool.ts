import { Worker } from 'node:worker_threads';
import { semaphore } from '../../std/semaphore.ts';
import { many } from '../many.ts';
import type { Transcode, TranscodeMany } from '../port.ts';
import { runJob } from './job.ts';
import { threadMark } from './messages.ts';

export type PoolOptions = {
  /** So many files are transcoded at the same time; more wait their turn. */
  readonly threads: number;
  /** The program of a thread. By default the sources' own, or the bundle that this code is part of. */
  readonly entry?: URL;
  /** How long an aborted job may take to stop before its thread is ended from outside and replaced. */
  readonly graceMs?: number;
};

export type Pool = {
  /** As `transcode`, but in a thread: the input is read, and the batches are taken, on the side of the caller. */
  readonly transcode: Transcode;
  /** As `transcodeMany`, in a thread. */
  readonly transcodeMany: TranscodeMany;
  /** Ends all threads. Jobs under way fail. */
  readonly close: () => Promise<void>;
};

/** Threads start when they are needed and stay. Idle ones do not keep the process alive. */
export function createPool({ threads, entry = ownEntry(), graceMs = 2_000 }: PoolOptions): Pool {
  const slots = semaphore(threads);
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const closing = new AbortController();
  let jobs = 0;

  const start = (): Worker => {
    const worker = new Worker(entry, { workerData: threadMark });
    all.add(worker);
    // A thread that dies while it has no job is simply not there for the next one.
    worker.on('error', () => forget(worker));
    worker.on('exit', () => forget(worker));
    return worker;
  };

  const forget = (worker: Worker): void => {
    all.delete(worker);
    const at = idle.indexOf(worker);
    if (at >= 0) idle.splice(at, 1);
  };

  const release = async (worker: Worker, reusable: boolean): Promise<void> => {
    if (reusable && !closing.signal.aborted && all.has(worker)) {
      worker.unref();
      idle.push(worker);
    } else {
      forget(worker);
      await worker.terminate();
    }
  };

  const transcode: Transcode = async (input, settings, take, signal) => {
    const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    const giveBack = await slots.acquire(1, either);
    if (either.aborted) {
      giveBack();
      throw either.reason;
    }
    const worker = idle.pop() ?? start();
    worker.ref();
    const { free, summary } = runJob(worker, { job: ++jobs, input, settings, take, signal: either, graceMs });
    void free.then((reusable) => release(worker, reusable)).finally(giveBack);
    return summary;
  };

  const close = async (): Promise<void> => {
    closing.abort();
    await Promise.all([...all].map((worker) => worker.terminate()));
  };

  return { transcode, transcodeMany: many(transcode), close };
}

/** From sources the module beside this one; in a bundle the bundle itself, which asks `isTranscodeThread` before all else. */
function ownEntry(): URL {
  return import.meta.url.endsWith('.ts') ? new URL('./entry.ts', import.meta.url) : new URL(import.meta.url);
}
