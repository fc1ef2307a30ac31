import { semaphore } from '../../std/semaphore.ts';
import type { Batch, FileResult, SharedBatch, Summary, Transcode, TranscodeMany } from '../port.ts';
import { startThread, type Thread } from './handle.ts';
import { runJob, type Work } from './job.ts';
import type { OtherResults, Piece } from './messages.ts';

export type PoolOptions = {
  /** So many files are transcoded at the same time; more wait their turn. One that stalls lets others go on beside it. */
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
  const turns = semaphore(threads);
  /** Each thread and how many jobs have their turn in it, apart from those that stalled. */
  const all = new Map<Thread, number>();
  const closing = new AbortController();
  let jobs = 0;

  /** The thread with the fewest jobs; a fresh one where all have some, as long as there may be more. */
  const freest = (): Thread => {
    const [first] = [...all].toSorted(([a, turnsOfA], [b, turnsOfB]) => turnsOfA - turnsOfB || a.jobs() - b.jobs());
    if (first && (first[0].jobs() === 0 || all.size >= threads)) return first[0];
    const thread = startThread(entry, () => all.delete(thread));
    return thread;
  };

  const beginTurn = (thread: Thread): (() => void) => {
    all.set(thread, (all.get(thread) ?? 0) + 1);
    let ended = false;
    return () => {
      if (!ended && all.has(thread)) all.set(thread, (all.get(thread) ?? 1) - 1);
      ended = true;
    };
  };

  /** Nobody else begins in a thread that is being ended. */
  const end = (thread: Thread): Promise<unknown> => {
    all.delete(thread);
    return thread.terminate();
  };

  const run = async <B extends Batch, R>(work: (job: number) => Omit<Work<B, R>, 'job' | 'graceMs' | 'signal'>, signal?: AbortSignal) => {
    const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    const giveBack = await turns.acquire(1, either);
    if (either.aborted) {
      giveBack();
      throw either.reason;
    }
    const job = ++jobs;
    const thread = freest();
    const endTurn = beginTurn(thread);
    const over = (): void => {
      endTurn();
      giveBack();
    };
    try {
      const { free, stalled, result } = runJob(thread, { ...work(job), job, signal: either, graceMs });
      void stalled.then(over);
      void free.then((reusable) => (reusable ? undefined : end(thread))).finally(over);
      return result;
    } catch (thrown) {
      over();
      throw thrown;
    }
  };

  const transcode: Transcode = (input, settings, take, signal) => {
    const { size, name } = input;
    const told = { settings, ...(size === undefined ? {} : { size }), ...(name === undefined ? {} : { name }) };
    return run<Batch, Summary>((job) => ({ start: { do: 'transcode', job, ...told }, input, take }), signal);
  };

  const transcodeMany: TranscodeMany = async (files, settings, take, signal) => {
    const shared = new Map<number, Summary>();
    const taking = (batch: SharedBatch) => {
      for (const { file, summary } of batch.shares) shared.set(file, summary);
      return take(batch);
    };
    const others = await run<SharedBatch, OtherResults>((job) => {
      const { bytes, pieces } = joined(files);
      return { start: { do: 'transcode many', job, settings, files: pieces, bytes }, transfer: [bytes.buffer], take: taking };
    }, signal);
    return files.map((_file, index): FileResult => others[index] ?? { state: 'done', summary: shared.get(index) as Summary });
  };

  const close = async (): Promise<void> => {
    closing.abort();
    await Promise.all([...all.keys()].map((thread) => thread.terminate()));
  };

  return { transcode, transcodeMany, close };
}

/** All files in memory of our own, which can be given away. */
function joined(files: Parameters<TranscodeMany>[0]): { readonly bytes: Uint8Array<ArrayBuffer>; readonly pieces: readonly Piece[] } {
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const bytes: Uint8Array<ArrayBuffer> = Buffer.allocUnsafeSlow(size);
  let at = 0;
  const pieces = files.map(({ bytes: content, name }): Piece => {
    bytes.set(content, at);
    const from = at;
    at += content.length;
    return { from, to: at, ...(name === undefined ? {} : { name }) };
  });
  return { bytes, pieces };
}

/** From sources the module beside this one; in a bundle the bundle itself, which asks `isTranscodeThread` before all else. */
function ownEntry(): URL {
  return import.meta.url.endsWith('.ts') ? new URL('./entry.ts', import.meta.url) : new URL(import.meta.url);
}
