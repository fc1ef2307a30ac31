import type { Input } from '../port.ts';
import { CHUNK_BYTES, CHUNKS_AHEAD } from './messages.ts';

/** Where the chunks of a stream go. `chunk` may be given away: it is memory of its own. */
export type Sink = {
  readonly chunk: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly end: () => void;
  readonly broken: (thrown: unknown) => void;
};

export type Feed = {
  /** One chunk more may be sent. The memory of the one that was used comes back. */
  readonly more: (memory: ArrayBuffer) => void;
  readonly close: () => void;
  /** The thread has used all that it was sent and waits for more. */
  readonly starves: () => boolean;
  /** Resolves when the stream is closed, however it ended. */
  readonly done: Promise<void>;
};

/** Chunks that came back, for any stream: fresh memory costs more than the copying. */
const spare: ArrayBuffer[] = [];
const KEPT = 8;

const emptyChunk = (): Uint8Array<ArrayBuffer> =>
  new Uint8Array(spare.pop() ?? (Buffer.allocUnsafeSlow(CHUNK_BYTES).buffer as ArrayBuffer));

/**
 * Sends a stream in chunks of one size. They are copies, because what a stream yields may belong to somebody else, and because
 * one large message costs as much as one small one.
 */
export function startFeed(input: Input, from: number, signal: AbortSignal, sink: Sink): Feed {
  const closed = new AbortController();
  const either = AbortSignal.any([signal, closed.signal]);
  let credit = CHUNKS_AHEAD;
  let ended = false;
  let wake = (): void => {};
  const credited = async (): Promise<void> => {
    while (credit === 0 && !either.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    credit--;
  };
  const onAbort = () => wake();
  either.addEventListener('abort', onAbort, { once: true });

  const pump = async (): Promise<void> => {
    let chunk: Uint8Array<ArrayBuffer> | undefined;
    let used = 0;
    const send = async (): Promise<void> => {
      await credited();
      if (either.aborted || !chunk) return;
      sink.chunk(chunk.subarray(0, used));
      chunk = undefined;
      used = 0;
    };
    for await (const bytes of input.open(from, either)) {
      for (let at = 0; at < bytes.length && !either.aborted; ) {
        chunk ??= emptyChunk();
        const part = bytes.subarray(at, at + CHUNK_BYTES - used);
        chunk.set(part, used);
        used += part.length;
        at += part.length;
        if (used === CHUNK_BYTES) await send();
      }
      if (either.aborted) return;
    }
    if (used > 0) await send();
  };

  const done = pump()
    .then(() => {
      ended = true;
      if (!either.aborted) sink.end();
    })
    .catch((thrown: unknown) => {
      ended = true;
      if (!either.aborted) sink.broken(thrown);
    })
    .finally(() => either.removeEventListener('abort', onAbort));

  return {
    more(memory) {
      if (spare.length < KEPT && memory.byteLength === CHUNK_BYTES) spare.push(memory);
      credit++;
      wake();
    },
    // With a reason: without one, each file would make an error with a stack.
    close: () => closed.abort('closed'),
    starves: () => credit === CHUNKS_AHEAD && !ended,
    done,
  };
}
