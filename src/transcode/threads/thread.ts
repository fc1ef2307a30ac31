import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Failed, type Failure, failureOf } from '../../api/failure.ts';
import { semaphore } from '../../std/semaphore.ts';
import { giveBack } from '../batch/bodies.ts';
import type { Batch, Input, Transcode } from '../port.ts';
import { BATCHES_AHEAD, type FromThread, type ToThread, threadMark } from './messages.ts';

/** Whether this program was started by a pool, to serve as one of its threads. */
export const isTranscodeThread = (): boolean => !isMainThread && workerData === threadMark;

/** A stream whose chunks the owner sends. */
type Stream = {
  readonly waiting: ToThread[];
  wake: () => void;
};

type Job = {
  readonly streams: Map<number, Stream>;
  readonly abort: AbortController;
  readonly taken: (() => void)[];
};

/** Serves the owner of this thread: transcodes what it is told to, one job after the other. */
export function serveThread(transcode: Transcode, port: MessagePort | null = parentPort): void {
  if (!port) throw new Error('a transcode thread needs a port to its owner');
  let job: Job | undefined;
  let streams = 0;

  const say = (message: FromThread, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  const open = ({ streams: all }: Job, from: number, signal: AbortSignal): AsyncIterable<Uint8Array> => {
    const stream = ++streams;
    const state: Stream = { waiting: [], wake: () => {} };
    all.set(stream, state);
    say({ say: 'open', stream, from });
    return received(state, signal, {
      next: (memory) => say({ say: 'next', stream, memory }, [memory]),
      close: () => {
        all.delete(stream);
        say({ say: 'close', stream });
      },
    });
  };

  const start = async (message: ToThread & { do: 'transcode' }): Promise<void> => {
    const { job: number, settings, size, name } = message;
    const current: Job = { streams: new Map(), abort: new AbortController(), taken: [] };
    job = current;
    const { signal } = current.abort;
    const onTheWay = semaphore(BATCHES_AHEAD);
    const input: Input = {
      open: (from, openSignal) => open(current, from, AbortSignal.any([signal, openSignal])),
      ...(size === undefined ? {} : { size }),
      ...(name === undefined ? {} : { name }),
    };
    const take = async (batch: Batch): Promise<void> => {
      current.taken.push(await onTheWay.acquire(1, signal));
      const { index, spans } = batch;
      const body = owned(batch);
      say({ say: 'batch', batch: { index, body, spans } }, [body.buffer]);
    };
    try {
      const summary = await transcode(input, settings, take, signal);
      say({ say: 'done', job: number, summary });
    } catch (thrown) {
      say({ say: 'failed', job: number, failure: plain(thrown) });
    } finally {
      job = undefined;
    }
  };

  port.on('message', (message: ToThread) => {
    if (message.do === 'transcode') void start(message);
    else if (message.do === 'abort') job?.abort.abort(new Failed({ reason: 'InternalError', message: 'the job was aborted' }));
    else if (message.do === 'taken') job?.taken.shift()?.();
    else if (message.do === 'reuse') giveBack(message.memory);
    else {
      const stream = job?.streams.get(message.stream);
      stream?.waiting.push(message);
      stream?.wake();
    }
  });
}

type Answers = { readonly next: (memory: ArrayBuffer) => void; readonly close: () => void };

/** The chunks of a stream as they come in. Each goes back when the next one is asked for. */
async function* received(stream: Stream, signal: AbortSignal, { next, close }: Answers): AsyncGenerator<Uint8Array> {
  const onAbort = () => stream.wake();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const message = stream.waiting.shift();
      if (!message) {
        await new Promise<void>((resolve) => {
          stream.wake = resolve;
          if (signal.aborted) resolve();
        });
      } else if (message.do === 'chunk') {
        yield message.bytes;
        next(message.bytes.buffer);
      } else if (message.do === 'broken') throw new Failed(message.failure);
      else return;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    close();
  }
}

/** Only memory that holds nothing else may change hands: that of a body which could be released, or a copy. */
function owned({ body, release }: Batch): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = body;
  return release && buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(body);
}

/** What was thrown, as what can cross to another thread. */
function plain(thrown: unknown): Failure {
  const { reason, message, retryAfterMs } = failureOf(thrown);
  return { reason, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
