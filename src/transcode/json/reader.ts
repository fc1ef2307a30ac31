import { lastPositions } from './duplicates.ts';
import type { Names } from './names.ts';
import { TokenReader } from './tokens.ts';

/** Thrown where an object has a field twice. Whoever called asks again with `careful` set. */
export const Repeated = Symbol('repeated field');

/** The object is at its end. */
export const END = -1;

const QUOTE = 0x22;

/** Reads objects and arrays: from field to field by their names, from element to element. */
export class JsonReader extends TokenReader {
  /** Deliver only the last of fields that an object has twice. */
  careful = false;
  #fresh = false;
  #last: (Set<number> | undefined)[] = [];

  override point(at: number): void {
    super.point(at);
    if (this.#last.length > 0) this.#last = [];
  }

  /** Enters an object; a value of another kind rejects. */
  object(what: string): void {
    if (this.peek() !== 0x7b) this.reject('InvalidSpan', `${what} is not an object`);
    this.at++;
    this.#fresh = true;
    if (this.careful) this.#last.push(undefined);
  }

  /**
   * Goes to the value of the next field and returns its code, 0 for a name that is not in the table, or END behind the object.
   * Fields that are null are passed over, unless `nulls`: null means absent.
   */
  field(names: Names, nulls = false): number {
    if (this.careful && this.#fresh) this.#last[this.#last.length - 1] = lastPositions(this, names);
    for (;;) {
      if (!this.#next(0x7d)) {
        if (this.careful) this.#last.pop();
        return END;
      }
      if (this.bytes[this.at] !== QUOTE) this.broken('a field name is expected');
      const key = this.at;
      this.string();
      const code = names.code(this.text, this.from, this.to);
      if (this.peek() !== 0x3a) this.broken('a colon is expected');
      this.at++;
      if (this.peek() === 0x6e && !nulls) {
        this.word('null');
        continue;
      }
      if (this.careful && code > 0 && this.#last[this.#last.length - 1]?.has(key)) {
        this.notes.warn('a field appears twice in an object; the last one counts', key);
        this.skip();
        continue;
      }
      return code;
    }
  }

  /** Tells of a field seen before in its object; `seen` are the bits of the fields so far. */
  once(seen: number, code: number, names: Names): number {
    const bit = 1 << code;
    if (code > 0 && (seen & bit) !== 0 && (names.repeated & bit) === 0 && !this.careful) throw Repeated;
    return code > 0 ? seen | bit : seen;
  }

  /** Enters an array. */
  array(what: string): void {
    if (this.peek() !== 0x5b) this.reject('InvalidSpan', `${what} is not an array`);
    this.at++;
    this.#fresh = true;
  }

  /** Goes to the next element; false behind the array. */
  element(what: string, nulls = false): boolean {
    if (!this.#next(0x5d)) return false;
    if (this.bytes[this.at] === 0x6e && !nulls) this.reject('InvalidSpan', `${what} holds null`);
    return true;
  }

  /** Says where in an object or array the reader was put by hand: at its beginning, or behind a value. */
  inside(fresh: boolean): void {
    this.#fresh = fresh;
  }

  /** Passes `,` or the closing bracket; true where something follows. */
  #next(close: number): boolean {
    let byte = this.peek();
    const fresh = this.#fresh;
    this.#fresh = false;
    if (byte === close) {
      this.at++;
      return false;
    }
    if (fresh) return true;
    if (byte !== 0x2c) this.broken(close === 0x7d ? 'a comma or } is expected' : 'a comma or ] is expected');
    this.at++;
    byte = this.peek();
    if (byte === close) this.broken('a comma has nothing behind it');
    return true;
  }
}
