import { Failed, type Failure } from '../../api/failure.ts';
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
  #left: Uint8Array = NOTHING;

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
    while (window.end < window.bytes.length && !window.ended) await this.#read(signal);
    return true;
  }

  /** Moves to an offset further on, without keeping anything. */
  async skipTo(offset: number, signal: AbortSignal): Promise<void> {
    const { window } = this;
    while (window.offset + window.end < offset && !window.ended) {
      window.offset += window.end;
      window.end = 0;
      await this.#read(signal);
    }
    await this.fill(Math.min(window.end, Math.max(0, offset - window.offset)), signal, false);
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { window } = this;
    signal.throwIfAborted();
    if (this.#left.length === 0) {
      try {
        const next = await this.#chunks.next();
        if (next.done) window.ended = true;
        else this.#left = next.value;
      } catch (thrown) {
        if (!(thrown instanceof Failed) || !contentFault(thrown.failure)) throw thrown;
        window.ended = true;
        window.fault = thrown.failure;
      }
    }
    const part = this.#left.subarray(0, window.bytes.length - window.end);
    window.bytes.set(part, window.end);
    window.end += part.length;
    // Of a chunk that is used up nothing is kept: its memory is used again.
    this.#left = part.length < this.#left.length ? this.#left.subarray(part.length) : NOTHING;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** Faults of the file itself wait until the walker gets there: what came before them counts. */
const contentFault = ({ reason }: Failure): boolean =>
  reason === 'Truncated' || reason === 'InvalidCompression' || reason === 'ExpansionLimit' || reason === 'InvalidProtobuf';
