import { isUtf8 } from 'node:buffer';
import { Failed, type Failure, fail } from '../../api/failure.ts';
import type { Reason } from '../../api/reasons.ts';
import type { Window } from '../kernel.ts';
import { repairUtf8, textOf } from '../wire/utf8.ts';
import { readEscape } from './escapes.ts';
import { isBare, MAX_NESTING, Skipper } from './skipper.ts';

/** Thrown where the window ends before the value does. Whoever called refills the window and asks again from the start. */
export const More = Symbol('more input');

/** Thrown for something readable that cannot be kept: the span goes, the file goes on. */
export class Rejected {
  readonly failure: Failure;
  constructor(failure: Failure) {
    this.failure = failure;
  }
}

/** The file ends where it should not. */
export function truncated(window: Window): never {
  if (window.fault) throw new Failed(window.fault);
  return fail('Truncated', `the file ends in the middle of a value at offset ${window.offset + window.end}`);
}

const NOTHING = new Uint8Array(0);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Strings longer than this are searched by the native search, which is fast but costs as much as so many bytes to call. */
const NEAR = 96;

/** Buffer's search is twenty times faster than that of a Uint8Array. */
const indexOf = (bytes: Uint8Array, byte: number, from: number): number => Buffer.prototype.indexOf.call(bytes, byte, from);

/** What was met in the values read, for the summary. */
export type Notes = { readonly warn: (message: string, at: number) => void };

/**
 * A pull reader over the bytes of a window. Tokens stay bytes: numbers are never turned into doubles here and strings only into
 * other bytes. The last string or number is in `text[from, to)`, valid until the next one.
 */
export class TokenReader {
  window: Window;
  bytes: Uint8Array;
  at = 0;
  end = 0;
  text: Uint8Array;
  from = 0;
  to = 0;
  readonly notes: Notes;
  /** Offsets in the file: of the next backslash, and of the end of the search for it. */
  #backslash = -1;
  #searchedTo = -1;
  // Files are small, mostly, and need neither.
  #scratch = NOTHING;
  #skipper: Skipper | undefined;

  constructor(window: Window, notes: Notes) {
    this.window = window;
    this.bytes = window.bytes;
    this.text = window.bytes;
    this.notes = notes;
  }

  /** Looks at the window as it is now. */
  point(at: number): void {
    this.bytes = this.window.bytes;
    this.end = this.window.end;
    this.at = at;
  }

  get offset(): number {
    return this.window.offset + this.at;
  }

  broken(message: string, at = this.at): never {
    return fail('InvalidJSON', `${message} at offset ${this.window.offset + at}`);
  }

  reject(reason: Reason, message: string, at = this.at): never {
    throw new Rejected({ reason, message: `${message} at offset ${this.window.offset + at}` });
  }

  /** The window is at its end: the file, too, or only the window. */
  out(): never {
    if (this.window.ended) truncated(this.window);
    throw More;
  }

  /** The next byte that is not white space; it stays unread. */
  peek(): number {
    const byte = this.near();
    return byte < 0 ? this.out() : byte;
  }

  /** The same, or -1 where the window ends before it. */
  near(): number {
    const bytes = this.bytes;
    const end = this.end;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte > 0x20 || !(byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) {
        this.at = at;
        return byte;
      }
      at++;
    }
    this.at = at;
    return -1;
  }

  /** Reads the string that begins here, decoded and valid UTF-8, into `text[from, to)`. */
  string(): void {
    const bytes = this.bytes;
    const end = this.end;
    const start = this.at + 1;
    const near = Math.min(end, start + NEAR);
    let wide = 0;
    let at = start;
    for (; at < near; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#found(bytes, start, at, wide > 0x7f);
        this.at = at + 1;
        return;
      }
      if (byte === BACKSLASH) {
        this.#escapedString(start, at);
        return;
      }
      wide |= byte;
    }
    const quote = at < end ? indexOf(bytes, QUOTE, at) : -1;
    const backslash = this.#nextBackslash(at);
    if (backslash < (quote < 0 ? end : quote)) {
      this.#escapedString(start, backslash);
      return;
    }
    if (quote < 0 || quote >= end) this.out();
    this.#found(bytes, start, quote, true);
    this.at = quote + 1;
  }

  /** Where the next backslash is; looked for once per window, since it may be far away. */
  #nextBackslash(at: number): number {
    const { offset, end } = this.window;
    const known = this.#backslash - offset;
    if (this.#searchedTo !== offset + end || known < at) {
      const found = indexOf(this.bytes.subarray(0, end), BACKSLASH, at);
      this.#backslash = found < 0 ? Number.POSITIVE_INFINITY : offset + found;
      this.#searchedTo = offset + end;
    }
    return this.#backslash - offset;
  }

  #found(bytes: Uint8Array, from: number, to: number, wide: boolean): void {
    this.text = bytes;
    this.from = from;
    this.to = to;
    if (!wide) return;
    const found = bytes.subarray(from, to);
    if (isUtf8(found)) return;
    this.notes.warn('bytes that are not UTF-8 became U+FFFD', this.at);
    this.text = repairUtf8(found);
    this.from = 0;
    this.to = this.text.length;
  }

  /** A string with escapes never grows when they are read: six characters become at most three bytes. */
  #escapedString(start: number, firstEscape: number): void {
    const { bytes, end } = this;
    let out = this.#scratchFor(firstEscape - start + 1024);
    out.set(bytes.subarray(start, firstEscape));
    let o = firstEscape - start;
    let at = firstEscape;
    let lone = 0;
    while (at < end) {
      if (o + 64 > out.length) out = this.#scratchFor(o * 2);
      const stop = Math.min(end, at + out.length - o - 8);
      let byte = 0;
      while (at < stop) {
        byte = bytes[at] as number;
        if (byte === QUOTE || byte === BACKSLASH) break;
        out[o++] = byte;
        at++;
      }
      if (at === stop) continue;
      if (byte === QUOTE) break;
      const step = readEscape(bytes, at, end, out, o);
      if (step.read === 0) {
        if (at + 6 > end) this.out();
        this.broken('an escape is unknown', at);
      }
      if (step.lone) lone++;
      at += step.read;
      o += step.written;
    }
    if (at >= end) this.out();
    if (lone > 0) this.notes.warn('half a surrogate pair became U+FFFD', start);
    this.at = at + 1;
    this.#found(out, 0, o, true);
  }

  /** Room for a decoded string; what was decoded so far stays. */
  #scratchFor(size: number): Uint8Array {
    if (this.#scratch.length >= size) return this.#scratch;
    const larger = new Uint8Array(size * 2);
    larger.set(this.#scratch);
    this.#scratch = larger;
    return larger;
  }

  /** Reads a number's text into `text[from, to)`, exactly as it stands. */
  number(what: string): void {
    this.peek();
    const from = this.at;
    let at = from;
    while (at < this.end && isBare(this.bytes[at] as number)) at++;
    if (at === this.end && !this.window.ended) this.out();
    if (at === from) this.reject('InvalidSpan', `${what} is not a number`);
    const first = this.bytes[from] as number;
    if (!(first === 0x2d || (first >= 0x30 && first <= 0x39))) this.#word(from, at, what);
    this.text = this.bytes;
    this.from = from;
    this.to = at;
    this.at = at;
  }

  /** What stands where a number should: true and false are values of the wrong kind, anything else is not JSON. */
  #word(from: number, to: number, what: string): never {
    const word = textOf(this.bytes.subarray(from, to));
    if (word === 'true' || word === 'false') this.reject('InvalidSpan', `${what} is not a number`, from);
    return this.broken(`${JSON.stringify(word.slice(0, 20))} is no JSON value`, from);
  }

  /** Passes the given word. */
  word(word: 'null' | 'true' | 'false'): void {
    for (let i = 0; i < word.length; i++) {
      if (this.at + i >= this.end) this.out();
      if (this.bytes[this.at + i] !== word.charCodeAt(i)) this.broken(`${word} is expected`);
    }
    this.at += word.length;
  }

  /** Passes over the value that begins here. */
  skip(): void {
    this.#skipper ??= new Skipper();
    const skipper = this.#skipper;
    skipper.reset();
    if (skipper.run(this.bytes, this.at, this.end) || (!skipper.fault && this.window.ended && skipper.finish())) {
      this.at = skipper.at;
      return;
    }
    if (skipper.fault === 'depth')
      fail('TooDeep', `more than ${MAX_NESTING} brackets are open at offset ${this.window.offset + skipper.at}`);
    if (skipper.fault === 'syntax') this.broken('this is not JSON', skipper.at);
    this.out();
  }

  /** The last string or number, for messages and names. */
  get value(): string {
    return textOf(this.text.subarray(this.from, this.to));
  }
}
