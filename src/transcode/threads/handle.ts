import { Worker } from 'node:worker_threads';
import { type FromThread, type ToThread, threadMark } from './messages.ts';

/** What a job hears of its thread. */
export type Listener = { readonly onMessage: (message: FromThread) => void; readonly onLost: (why: string) => void };

/** A thread as its owner has it. It works for several jobs in turn, and each hears what it says about that job. */
export type Thread = {
  readonly say: (message: ToThread, transfer?: ArrayBuffer[]) => void;
  /** The process stays alive as long as somebody listens. */
  readonly listen: (job: number, listener: Listener) => void;
  readonly leave: (job: number) => void;
  readonly jobs: () => number;
  readonly terminate: () => Promise<unknown>;
};

/** Starts a thread; `onGone` is called when it has ended, whyever. */
export function startThread(entry: URL, onGone: () => void): Thread {
  const worker = new Worker(entry, { workerData: threadMark });
  const listeners = new Map<number, Listener>();
  const lose = (why: string): void => {
    onGone();
    for (const { onLost } of [...listeners.values()]) onLost(why);
  };
  worker.on('message', (message: FromThread) => listeners.get(message.job)?.onMessage(message));
  worker.on('error', (error: unknown) => lose(error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code) => lose(`it exited with code ${code}`));
  return {
    say: (message, transfer = []) => worker.postMessage(message, transfer),
    listen(job, listener) {
      listeners.set(job, listener);
      worker.ref();
    },
    leave(job) {
      listeners.delete(job);
      if (listeners.size === 0) worker.unref();
    },
    jobs: () => listeners.size,
    terminate: () => worker.terminate(),
  };
}
