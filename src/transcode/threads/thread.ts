import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Failed, type Failure, failureOf } from '../../api/failure.ts';
import { semaphore } from '../../std/semaphore.ts';
import { giveBack, ownBody } from '../batch/bodies.ts';
import type { Batch, Input, SharedBatch, Summary, Transcode, TranscodeMany } from '../port.ts';
import { ownerOf } from '../wasm/module.ts';
import { BATCHES_AHEAD, type FromThread, type OtherResults, type ToThread, threadMark } from './messages.ts';

/** Whether this program was started by a pool, to serve as one of its threads. */
export const isTranscodeThread = (): boolean => !isMainThread && workerData === threadMark;

/** A stream whose chunks the owner sends. */
type Stream = {
  readonly waiting: ToThread[];
  wake: () => void;
};

type Job = {
  readonly abort: AbortController;
  readonly taken: (() => void)[];
};

/** The work of a thread. */
export type Transcoder = { readonly transcode: Transcode; readonly transcodeMany: TranscodeMany };

/** Serves the owner of this thread: transcodes what it is told to. While a job waits for input or for its taker, others go on. */
export function serveThread({ transcode, transcodeMany }: Transcoder, port: MessagePort | null = parentPort): void {
  if (!port) throw new Error('a transcode thread needs a port to its owner');
  const jobs = new Map<number, Job>();
  const streams = new Map<number, Stream>();
  let opened = 0;

  const say = (message: FromThread, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  const open = (job: number, from: number, signal: AbortSignal): AsyncIterable<Uint8Array> => {
    const stream = ++opened;
    const state: Stream = { waiting: [], wake: () => {} };
    streams.set(stream, state);
    say({ job, say: 'open', stream, from });
    return received(state, signal, {
      next: (memory) => say({ job, say: 'next', stream, memory }, [memory]),
      close: () => {
        streams.delete(stream);
        say({ job, say: 'close', stream });
      },
    });
  };

  const start = async (job: number, work: (take: Take, signal: AbortSignal) => Promise<Result>): Promise<void> => {
    const { abort, taken }: Job = { abort: new AbortController(), taken: [] };
    jobs.set(job, { abort, taken });
    const onTheWay = semaphore(BATCHES_AHEAD);
    const take = async ({ release, ...batch }: Batch): Promise<void> => {
      taken.push(await onTheWay.acquire(1, abort.signal));
      const body = movable(batch.body, release);
      say({ job, say: 'batch', batch: { ...batch, body } }, [body.buffer]);
    };
    try {
      const result = await work(take, abort.signal);
      say({ job, say: 'done', result });
    } catch (thrown) {
      say({ job, say: 'failed', failure: plain(thrown) });
    } finally {
      jobs.delete(job);
    }
  };

  const one = ({ job, settings, size, name }: ToThread & { do: 'transcode' }): Promise<void> =>
    start(job, (take, signal) => {
      const input: Input = {
        open: (from, openSignal) => open(job, from, AbortSignal.any([signal, openSignal])),
        ...(size === undefined ? {} : { size }),
        ...(name === undefined ? {} : { name }),
      };
      return transcode(input, settings, take, signal);
    });

  const many = ({ job, settings, files, bytes }: ToThread & { do: 'transcode many' }): Promise<void> =>
    start(job, async (take, signal) => {
      const pieces = files.map(({ from, to, ...file }) => ({ ...file, bytes: bytes.subarray(from, to) }));
      const results = await transcodeMany(pieces, settings, take, signal);
      return results.map((result) => (result.state === 'done' && result.summary.spans > 0 ? undefined : result));
    });

  port.on('message', (message: ToThread) => {
    if (message.do === 'transcode') void one(message);
    else if (message.do === 'transcode many') void many(message);
    else if (message.do === 'abort')
      jobs.get(message.job)?.abort.abort(new Failed({ reason: 'InternalError', message: 'the job was aborted' }));
    else if (message.do === 'taken') jobs.get(message.job)?.taken.shift()?.();
    else if (message.do === 'reuse') giveBack(message.memory);
    else {
      const stream = streams.get(message.stream);
      stream?.waiting.push(message);
      stream?.wake();
    }
  });
}

type Take = (batch: Batch | SharedBatch) => Promise<void>;
type Result = Summary | OtherResults;

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

/** Only memory that holds nothing else may change hands: not that of a kernel, nor that of a body which could not be released. */
function movable(body: Uint8Array, release: (() => void) | undefined): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = body;
  if (release && buffer instanceof ArrayBuffer && !ownerOf(body)) return new Uint8Array(buffer, byteOffset, byteLength);
  const own = ownBody(body);
  release?.();
  return own;
}

/** What was thrown, as what can cross to another thread. */
function plain(thrown: unknown): Failure {
  const { reason, message, retryAfterMs } = failureOf(thrown);
  return { reason, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
