import type { Window } from '../kernel.ts';

/** Counts lines between documents, as long as no document takes more than one: then a line says more to people than an offset. */
export class Lines {
  #window: Window;
  #line = 1;
  #counted = 0;
  #oneEach = true;

  constructor(window: Window) {
    this.#window = window;
  }

  /** A document begins or ends here. Those before it were looked at. */
  pass(at: number): void {
    const { bytes, offset } = this.#window;
    const from = Math.max(0, this.#counted - offset);
    let found = lineFeed(bytes, from);
    while (found >= 0 && found < at) {
      this.#line++;
      found = lineFeed(bytes, found + 1);
    }
    this.#counted = offset + at;
  }

  /** A document that began at offset `from` ends at `at`. */
  document(from: number, at: number): void {
    const { bytes, offset } = this.#window;
    if (this.#oneEach) {
      const found = from < offset ? 0 : lineFeed(bytes, from - offset);
      if (found >= 0 && found < at) this.#oneEach = false;
    }
    this.#counted = offset + at;
  }

  /** The line of a place inside the document at hand. */
  lineAt(at: number): number | undefined {
    const { bytes, offset } = this.#window;
    if (!this.#oneEach || this.#counted < offset) return undefined;
    const found = lineFeed(bytes, this.#counted - offset);
    return found >= 0 && found < at ? undefined : this.#line;
  }

  /** Documents stand on lines of their own. */
  get oneEach(): boolean {
    return this.#oneEach && this.#line > 1;
  }
}

/** Buffer's search is many times faster than that of a plain array. */
const lineFeed = (bytes: Uint8Array, from: number): number => Buffer.prototype.indexOf.call(bytes, 0x0a, from);
