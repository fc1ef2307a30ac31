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
    this.#line += this.#lineFeeds(at);
    this.#counted = this.#window.offset + at;
  }

  /** The document ends at `at`. */
  document(at: number): void {
    if (this.#oneEach && this.#lineFeed(this.#from(), at) >= 0) this.#oneEach = false;
    this.#counted = this.#window.offset + at;
  }

  /** Documents have ended and others have begun since, with so many line feeds between them. */
  documents(at: number, between: number): void {
    if (this.#oneEach && this.#lineFeeds(at) !== between) this.#oneEach = false;
    this.#line += between;
    this.#counted = this.#window.offset + at;
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

  /** How many there are up to `at` since it was counted last. */
  #lineFeeds(at: number): number {
    let count = 0;
    for (let found = this.#lineFeed(this.#from(), at); found >= 0; found = this.#lineFeed(found + 1, at)) count++;
    return count;
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
