import { fail } from '../../api/failure.ts';
import type { Stretch, Walk } from '../walk.ts';
import { createSkimmer } from '../wasm/skimmer.ts';
import type { Names } from './names.ts';
import { END, JsonReader } from './reader.ts';
import { MAX_NESTING, Skipper } from './skipper.ts';
import { More, truncated } from './tokens.ts';

/** Walks over JSON that is larger than the window: each step reads what is there or asks for more and tries again. */
export class JsonWalker {
  readonly stretch: Stretch;
  readonly reader: JsonReader;
  #skipper: Skipper | undefined;

  constructor(stretch: Stretch) {
    this.stretch = stretch;
    this.reader = new JsonReader(stretch.window, { warn: (message, at) => stretch.warn(message, stretch.window.offset + at) });
    this.reader.point(stretch.place.at);
  }

  get offset(): number {
    return this.stretch.window.offset + this.reader.at;
  }

  /** Gets more of the file behind the reader; false where the window cannot hold more. */
  *refill(): Walk<boolean> {
    if (this.stretch.window.ended) truncated(this.stretch.window);
    this.stretch.place.at = this.reader.at;
    const more = yield 'fill';
    this.reader.point(this.stretch.place.at);
    return more;
  }

  /** Does one step of reading; where the window ends within, gets more and does it again. */
  *step<T>(read: () => T): Walk<T> {
    for (;;) {
      const at = this.reader.at;
      try {
        return read();
      } catch (thrown) {
        if (thrown !== More) throw thrown;
        this.reader.at = at;
      }
      if (!(yield* this.refill())) fail('InvalidJSON', `a single token or header at offset ${this.offset} is larger than can be read`);
    }
  }

  /** The next byte that is not white space. White space is not kept, however much there is. */
  *peek(): Walk<number> {
    for (;;) {
      const byte = this.reader.near();
      if (byte >= 0) return byte;
      yield* this.refill();
    }
  }

  /** Reads at once what is in the window, as most is; nothing where the window ends within, and nothing has happened then. */
  #atOnce<T>(first: boolean, read: (reader: JsonReader) => T): T | undefined {
    const { reader } = this;
    const { at } = reader;
    reader.inside(first);
    try {
      return read(reader);
    } catch (thrown) {
      if (thrown !== More) throw thrown;
      reader.at = at;
      return undefined;
    }
  }

  /** Goes to the value of the next field of an object; END behind it. Null is absent. */
  *field(first: boolean, names: Names): Walk<number> {
    return this.#atOnce(first, (reader) => reader.field(names)) ?? (yield* this.#fieldInSteps(first, names));
  }

  *#fieldInSteps(first: boolean, names: Names): Walk<number> {
    const { reader } = this;
    for (let fresh = first; ; fresh = false) {
      const byte = yield* this.peek();
      if (byte === 0x7d) {
        reader.at++;
        return END;
      }
      if (!fresh) {
        if (byte !== 0x2c) reader.broken('a comma or } is expected');
        reader.at++;
        yield* this.peek();
      }
      const code = yield* this.step(() => readKey(reader, names));
      if ((yield* this.peek()) !== 0x6e) return code;
      yield* this.step(() => reader.word('null'));
    }
  }

  /** Goes to the next element of an array; false behind it. */
  *element(first: boolean): Walk<boolean> {
    return this.#atOnce(first, nextElement) ?? (yield* this.#elementInSteps(first));
  }

  *#elementInSteps(first: boolean): Walk<boolean> {
    const { reader } = this;
    const byte = yield* this.peek();
    if (byte === 0x5d) {
      reader.at++;
      return false;
    }
    if (first) return true;
    if (byte !== 0x2c) reader.broken('a comma or ] is expected');
    reader.at++;
    if ((yield* this.peek()) === 0x5d) reader.broken('a comma has nothing behind it');
    return true;
  }

  /** Enters an object or an array. */
  *enter(bracket: number, what: string): Walk {
    const byte = this.reader.near();
    if ((byte < 0 ? yield* this.peek() : byte) !== bracket) this.reader.broken(`${what} is expected`);
    this.reader.at++;
  }

  /** Passes over a value of any size. */
  *skip(): Walk {
    yield* this.peek();
    this.#skipper ??= new Skipper();
    this.#skipper.reset();
    yield* this.#run(this.#skipper);
  }

  /** Passes over the rest of an array, at the speed of memory where it can; what is broken in it is not noticed. */
  *skipArray(): Walk {
    const { reader } = this;
    const skimmer = createSkimmer();
    if (!skimmer) {
      this.#skipper ??= new Skipper();
      this.#skipper.resetInArray();
      yield* this.#run(this.#skipper);
      return;
    }
    for (;;) {
      const found = skimmer.find(reader.bytes, reader.at, reader.end);
      reader.at = found ?? reader.end;
      if (found !== undefined) return;
      yield* this.refill();
    }
  }

  *#run(skipper: Skipper): Walk {
    const { reader } = this;
    for (;;) {
      const done = skipper.run(reader.bytes, reader.at, reader.end);
      reader.at = skipper.at;
      if (done) return;
      if (skipper.fault === 'depth') fail('TooDeep', `more than ${MAX_NESTING} brackets are open at offset ${this.offset}`);
      if (skipper.fault) reader.broken('this is not JSON');
      if (this.stretch.window.ended && skipper.finish()) return;
      yield* this.refill();
    }
  }
}

const nextElement = (reader: JsonReader): boolean => reader.element('', true);

function readKey(reader: JsonReader, names: Names): number {
  if (reader.peek() !== 0x22) reader.broken('a field name is expected');
  reader.string();
  const code = names.code(reader.text, reader.from, reader.to);
  if (reader.peek() !== 0x3a) reader.broken('a colon is expected');
  reader.at++;
  return code;
}
