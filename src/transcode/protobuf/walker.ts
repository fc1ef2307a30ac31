import { fail } from '../../api/failure.ts';
import { truncated } from '../json/tokens.ts';
import type { Stretch, Walk } from '../walk.ts';
import { type Field, readField } from '../wire/fields.ts';

/** A tag and a length take no more than this. */
const HEAD = 20;

/** The field at hand: where its content begins is the place of the walk; the content need not be in the window. */
export type Head = { number: number; wire: number; length: number; start: number };

/** Walks over protobuf that is larger than the window. Bounds are offsets in the file, since windows move. */
export class ProtobufWalker {
  readonly stretch: Stretch;
  readonly #field: Field = { number: 0, wire: 0, start: 0, from: 0, to: 0 };

  constructor(stretch: Stretch) {
    this.stretch = stretch;
  }

  get offset(): number {
    return this.stretch.window.offset + this.stretch.place.at;
  }

  broken(message: string): never {
    return fail('InvalidProtobuf', `${message} at offset ${this.offset}`);
  }

  /** Whether so many bytes are in the window, or can be had. */
  *need(length: number): Walk<boolean> {
    const { window, place } = this.stretch;
    while (window.end - place.at < length) {
      if (window.ended) return false;
      if (!(yield 'fill')) return false;
    }
    return true;
  }

  /** True while something follows before `bound`. */
  *follows(bound: number): Walk<boolean> {
    if (bound === Number.POSITIVE_INFINITY) return yield* this.need(1);
    if (this.offset > bound) this.broken('a field reaches beyond its message');
    return this.offset < bound;
  }

  /** Reads tag and length of the field here; the place is then at its content. */
  *head(bound: number): Walk<Head> {
    yield* this.need(HEAD);
    const { window, place } = this.stretch;
    const start = place.at;
    const field = this.#field;
    field.to = -1;
    const end = readField(window.bytes, start, window.end, field);
    if (end === -1) this.broken('this is no protobuf field');
    // A content beyond the window is all right where the tag and the length are in it.
    const whole = end >= 0;
    if (!whole && !(field.start === start && field.wire === 2 && field.to > window.end)) truncated(window);
    const from = window.offset + field.from;
    const to = window.offset + field.to;
    if (to > bound) this.broken('a field reaches beyond its message');
    place.at = field.from;
    return { number: field.number, wire: field.wire, length: to - from, start: window.offset + start };
  }

  /** Makes the content of a field whole in the window; false where it is too large. */
  *whole(length: number): Walk<boolean> {
    if (yield* this.need(length)) return true;
    if (this.stretch.window.ended) truncated(this.stretch.window);
    return false;
  }

  /** The content of a field of moderate size, copied. */
  *content(length: number, what: string): Walk<Uint8Array> {
    if (!(yield* this.whole(length))) fail('SpanTooLarge', `${what} at offset ${this.offset} is larger than can be read`);
    const { window, place } = this.stretch;
    const content = window.bytes.slice(place.at, place.at + length);
    place.at += length;
    return content;
  }

  /** Passes over content of any size. */
  *skip(length: number): Walk {
    const { window, place } = this.stretch;
    for (let left = length; ; ) {
      const here = Math.min(left, window.end - place.at);
      place.at += here;
      left -= here;
      if (left === 0) return;
      if (window.ended) truncated(window);
      yield 'fill';
    }
  }
}
