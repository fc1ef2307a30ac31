/** What a skipper found wrong. */
export type SkipFault = 'syntax' | 'depth';

export const MAX_NESTING = 1000;

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Passes over JSON without reading it, in pieces: it can stop anywhere, even inside an escape, and go on with the next piece.
 * Brackets must match; what stands between them is not judged.
 */
export class Skipper {
  depth = 0;
  at = 0;
  fault: SkipFault | undefined;
  #inString = false;
  #escaped = false;
  #bare = false;
  readonly #stack = new Uint8Array(MAX_NESTING + 1);

  /** Starts before a value. */
  reset(): void {
    this.depth = 0;
    this.fault = undefined;
    this.#inString = false;
    this.#escaped = false;
    this.#bare = false;
  }

  /** Starts inside an array, so that the next thing to find is its end. */
  resetInArray(): void {
    this.reset();
    this.depth = 1;
    this.#stack[1] = OPEN_ARRAY;
  }

  /** Goes on in `bytes[at, end)`. True when the value is behind us; then, and on a fault, `this.at` tells where. */
  run(bytes: Uint8Array, at: number, end: number): boolean {
    while (at < end) {
      if (this.#inString) {
        at = this.#string(bytes, at, end);
        if (this.#inString) break;
        if (this.depth === 0) return this.#stop(at, true);
        continue;
      }
      const byte = bytes[at] as number;
      if (this.#bare && this.depth === 0 && !isBare(byte)) return this.#stop(at, true);
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (this.depth === MAX_NESTING) return this.#wrong('depth', at);
        this.#stack[++this.depth] = byte;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (this.depth === 0 || this.#stack[this.depth] !== byte - 2) return this.#wrong('syntax', at);
        if (--this.depth === 0) return this.#stop(at + 1, true);
      } else if (isBare(byte)) {
        if (this.depth === 0) this.#bare = true;
      } else if (!(byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) {
        if (this.depth === 0 || !(byte === 0x2c || byte === 0x3a)) return this.#wrong('syntax', at);
      }
      at++;
    }
    this.at = at;
    return false;
  }

  /** A number or a word at the very end of the file is whole. */
  finish(): boolean {
    return this.#bare && this.depth === 0;
  }

  #string(bytes: Uint8Array, at: number, end: number): number {
    while (at < end) {
      const byte = bytes[at++];
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return at;
      }
    }
    return at;
  }

  #stop(at: number, done: boolean): boolean {
    this.at = at;
    return done;
  }

  #wrong(fault: SkipFault, at: number): boolean {
    this.fault = fault;
    this.at = at;
    return false;
  }
}

/** Letters, digits, and what numbers are made of. */
export const isBare = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  byte === 0x2d ||
  byte === 0x2b ||
  byte === 0x2e ||
  byte === 0x5f;
