import { type Failure, isFailed } from '../../api/failure.ts';
import type { Window } from '../kernel.ts';
import type { Chunks } from './chunks.ts';

const NOTHING = new Uint8Array(0);

/** Memory that a window may grow in: gives a larger array with the same content. */
export type Grow = (size: number) => Uint8Array;

/** Moves a window over the chunks of a file. Each fill goes on until the window is full or the file ends, so nothing depends on chunks. */
export class Filler {
  readonly window: Window;
  readonly #chunks: Chunks;
  readonly #grow: Grow;
  readonly #limit: number;
  /** The chunk at hand, and how much of it is in the window already. */
  #chunk: Uint8Array = NOTHING;
  #used = 0;

  constructor(window: Window, chunks: Chunks, grow: Grow, limit: number) {
    this.window = window;
    this.#chunks = chunks;
    this.#grow = grow;
    this.#limit = limit;
  }

  /**
   * Drops what is before `at` and reads on. Where nothing can be dropped from a full window it grows; false where it may not.
   */
  async fill(at: number, signal: AbortSignal, mayGrow = true): Promise<boolean> {
    const { window } = this;
    if (at > 0) {
      window.bytes.copyWithin(0, at, window.end);
      window.end -= at;
      window.offset += at;
    } else if (window.end === window.bytes.length) {
      if (!mayGrow || window.bytes.length >= this.#limit) return false;
      window.bytes = this.#grow(Math.min(this.#limit, window.bytes.length * 2));
    }
    for (;;) {
      this.#copy();
      if (window.end === window.bytes.length || window.ended) return true;
      await this.#next(signal);
    }
  }

  /** Moves to an offset further on, without keeping anything. */
  async skipTo(offset: number, signal: AbortSignal): Promise<void> {
    const { window } = this;
    while (window.offset + window.end < offset && !window.ended) {
      window.offset += window.end;
      window.end = 0;
      this.#copy();
      if (window.end === 0) await this.#next(signal);
    }
    await this.fill(Math.min(window.end, Math.max(0, offset - window.offset)), signal, false);
  }

  /** No async function: there are many chunks, and each promise more is felt. */
  #next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return this.#chunks.next().then(this.#arrived, this.#broke);
  }

  readonly #arrived = (next: IteratorResult<Uint8Array>): void => {
    if (next.done) this.window.ended = true;
    else this.#chunk = next.value;
  };

  readonly #broke = (thrown: unknown): void => {
    if (!isFailed(thrown) || !contentFault(thrown.failure)) throw thrown;
    this.window.ended = true;
    this.window.fault = thrown.failure;
  };

  /** Moves as much of the chunk at hand into the window as there is room for. */
  #copy(): void {
    const { window } = this;
    const chunk = this.#chunk;
    const from = this.#used;
    const to = Math.min(chunk.length, from + window.bytes.length - window.end);
    window.bytes.set(to - from === chunk.length ? chunk : chunk.subarray(from, to), window.end);
    window.end += to - from;
    this.#used = to;
    if (to < chunk.length) return;
    // Of a chunk that is used up nothing is kept: its memory is used again.
    this.#chunk = NOTHING;
    this.#used = 0;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** Faults of the file itself wait until the walker gets there: what came before them counts. */
const contentFault = ({ reason }: Failure): boolean =>
  reason === 'Truncated' || reason === 'InvalidCompression' || reason === 'ExpansionLimit' || reason === 'InvalidProtobuf';
