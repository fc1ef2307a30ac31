import type { Window } from '../kernel.ts';

/** A call costs more than a look at so many bytes; between documents there is mostly one. */
const SHORT = 16;

/** Counts lines between documents, as long as no document takes more than one: then a line says more to people than an offset. */
export class Lines {
  readonly #window: Window;
  #line = 1;
  /** Offset in the file up to which lines are counted. */
  #counted = 0;
  #oneEach = true;

  constructor(window: Window) {
    this.#window = window;
  }

  /** A document begins here. */
  pass(at: number): void {
    for (let from = this.#from(); ; this.#line++) {
      const found = this.#lineFeed(from, at);
      if (found < 0) break;
      from = found + 1;
    }
    this.#counted = this.#window.offset + at;
  }

  /** A document that began at offset `from` ends at `at`. */
  document(from: number, at: number): void {
    const { offset } = this.#window;
    if (this.#oneEach && this.#lineFeed(Math.max(0, from - offset), at) >= 0) this.#oneEach = false;
    this.#counted = offset + at;
  }

  /** The line of a place inside the document at hand. */
  lineAt(at: number): number | undefined {
    if (!this.#oneEach || this.#counted < this.#window.offset) return undefined;
    return this.#lineFeed(this.#from(), at) >= 0 ? undefined : this.#line;
  }

  /** Documents stand on lines of their own. */
  get oneEach(): boolean {
    return this.#oneEach && this.#line > 1;
  }

  #from(): number {
    return Math.max(0, this.#counted - this.#window.offset);
  }

  /** The next line feed in `bytes[from, to)`, or -1; what is beyond is not looked at. */
  #lineFeed(from: number, to: number): number {
    if (to - from <= SHORT) return lineFeed(this.#window.bytes, from, to);
    const found = Buffer.prototype.indexOf.call(this.#window.bytes.subarray(from, to), 0x0a);
    return found < 0 ? -1 : from + found;
  }
}

function lineFeed(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) if (bytes[at] === 0x0a) return at;
  return -1;
}
