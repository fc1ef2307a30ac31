import type { Arena, Leapt } from '../kernel.ts';
import { contentIn, fieldSize } from '../wire/writer.ts';
import { type Box, closeBox, type Laid, newHabit, openBox, RESOURCE_SPANS_TAG, reopenBox, SCOPE_SPANS_TAG } from './boxes.ts';
import { divide, type Part } from './divide.ts';
import { type Header, headerSize } from './headers.ts';

/**
 * A request, in the arena or in memory of its own, and how many spans it has; without spans there is nothing to send. `dropped` ones fit
 * into none with their headers.
 */
export type Cut = Part & { readonly dropped: number; readonly inArena: boolean };

/** The place between two files. */
export type Mark = { readonly length: number; readonly spans: number };

/** A box that was open when the batch was cut, and goes on in the next one. */
type Paused = { readonly header: Header; readonly isEmpty: boolean };

/**
 * The batch at hand, laid out in the arena as it is sent. Where a ResourceSpans or a scope begins, room is kept for its length and its head:
 * the length is only known at its end, and a head may come late. Where the guess was wrong the spans are moved. A batch is as many spans,
 * in order, as fit the limit together with their headers.
 */
export class Pending {
  readonly arena: Arena;
  readonly limit: number;
  /** Spans appended so far, in all batches. */
  counted = 0;
  /** Those in the arena. */
  #spans = 0;
  #resource: Box | undefined;
  #scope: Box | undefined;
  readonly #resourceHabit = newHabit();
  readonly #scopeHabit = newHabit();
  #paused: { readonly resource?: Paused | undefined; readonly scope?: Paused | undefined } = {};
  /** What is left of a batch that headers had made too large. The last part goes on in the arena. */
  #parts: Part[] = [];
  #rest: Part | undefined;

  constructor(arena: Arena, limit: number) {
    this.arena = arena;
    this.limit = limit;
  }

  get empty(): boolean {
    return this.#spans === 0;
  }

  /** The place between two files: `back` forgets what came behind it. Counting begins anew here. */
  mark(): Mark {
    this.counted = 0;
    return { length: this.arena.length, spans: this.#spans };
  }

  back({ length, spans }: Mark): void {
    this.arena.length = length;
    this.#spans = spans;
    this.#resource = undefined;
    this.#scope = undefined;
  }

  openResource(header: Header): void {
    this.#resource = openBox(this.arena, header, this.#resourceHabit);
  }

  openScope(header: Header): void {
    this.#scope = openBox(this.arena, header, this.#scopeHabit);
  }

  /** So many spans were appended to the arena, in the open scope. */
  count(spans: number): void {
    this.counted += spans;
    this.#spans += spans;
  }

  /** Whoever may have got a header behind its spans asks whether all is `over` before. */
  closeScope(): void {
    closeBox(this.arena, this.#scope as Box, SCOPE_SPANS_TAG, this.#scopeHabit);
    this.#scope = undefined;
  }

  closeResource(): void {
    closeBox(this.arena, this.#resource as Box, RESOURCE_SPANS_TAG, this.#resourceHabit);
    this.#resource = undefined;
  }

  /** Where in the arena the ResourceSpans at hand and its spans begin; nothing where other scopes stand between. */
  get front(): { readonly at: number; readonly spansAt: number } | undefined {
    const resource = this.#resource as Box;
    const scope = this.#scope as Box;
    return scope.at === resource.at + resource.kept ? { at: resource.at, spansAt: scope.at + scope.kept } : undefined;
  }

  /** The kernel has closed what was open, and what followed, and has opened these. */
  leapt({ spans, at, resourceKept, scopeKept }: Leapt, resource: Header, scope: Header): void {
    this.count(spans);
    this.#resource = { header: resource, at, kept: resourceKept };
    this.#scope = { header: scope, at: at + resourceKept, kept: scopeKept };
  }

  /** How far the arena may be filled in the open scope, as far as the headers are known; 0 where they alone are too large. */
  room(): number {
    const resource = this.#resource as Box;
    const scope = this.#scope as Box;
    const closed = scope.at - resource.at - resource.kept;
    const inResource = contentIn(this.limit - resource.at) - headerSize(resource.header) - closed;
    const room = scope.at + scope.kept + contentIn(inResource) - headerSize(scope.header);
    return Math.max(0, Math.min(room, this.arena.bytes.length));
  }

  /** Headers have made what waits larger than a batch. */
  over(): boolean {
    return this.#parts.length > 0 || this.#sizeIn(this.arena.length) > this.limit;
  }

  /** Closes a batch. What was open is open again once `renew` was called. */
  cut(): Cut {
    if (this.over()) return this.#cutApart();
    this.#closeAll(this.arena);
    const spans = this.#spans;
    this.#spans = 0;
    return { body: this.arena.bytes.subarray(0, this.arena.length), spans, dropped: 0, inArena: true };
  }

  /** Begins the next batch in these bytes. */
  renew(bytes: Uint8Array): void {
    const { arena } = this;
    arena.bytes = bytes;
    arena.length = 0;
    if (this.#parts.length > 0) return;
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest) bytes.set(rest.body);
    arena.length = rest?.body.length ?? 0;
    this.#spans = rest?.spans ?? 0;
    const { resource, scope } = this.#paused;
    this.#paused = {};
    const goesOn = (paused: Paused): boolean => rest !== undefined && !paused.isEmpty;
    if (resource)
      this.#resource = goesOn(resource) ? reopenBox(arena, resource.header, 0) : openBox(arena, resource.header, this.#resourceHabit);
    const inside = this.#resource ? this.#resource.at + this.#resource.kept : 0;
    if (scope) this.#scope = goesOn(scope) ? reopenBox(arena, scope.header, inside) : openBox(arena, scope.header, this.#scopeHabit);
  }

  /** Headers came late: what is open is put together elsewhere, and divided. All that is closed fits. */
  #cutApart(): Cut {
    const { arena } = this;
    const next = this.#parts.shift();
    if (next) return { ...next, dropped: 0, inArena: false };
    const closed = this.#resource?.at ?? arena.length;
    const { parts, dropped, hasLastScope } = divide(this.#together(closed), this.limit, this.limit - closed);
    const { resource, scope } = this.#paused;
    // Where all spans of the open scope were dropped, what is left ends with another one.
    if (scope && !hasLastScope) this.#paused = { resource, scope: { ...scope, isEmpty: true } };
    const first = parts.shift();
    this.#rest = parts.pop();
    this.#parts = parts;
    if (first) arena.bytes.set(first.body, closed);
    const body = arena.bytes.subarray(0, closed + (first?.body.length ?? 0));
    const later = parts.reduce((sum, { spans }) => sum + spans, this.#rest?.spans ?? 0);
    const spans = this.#spans - dropped - later;
    this.#spans = 0;
    return { body, spans, dropped, inArena: true };
  }

  /** What is open, closed in memory of its own. */
  #together(from: number): Uint8Array {
    const { arena } = this;
    const shift = (box: Box | undefined) => box && { ...box, at: box.at - from };
    this.#resource = shift(this.#resource);
    this.#scope = shift(this.#scope);
    const length = arena.length - from;
    // Room that is kept for a head goes only when its box is closed, after the box inside has grown.
    const copy = { bytes: new Uint8Array(length + this.#sizeIn(length)), length };
    copy.bytes.set(arena.bytes.subarray(from, arena.length));
    this.#closeAll(copy);
    return copy.bytes.subarray(0, copy.length);
  }

  #closeAll(laid: Laid): void {
    const scope = this.#scope && { header: this.#scope.header, isEmpty: !closeBox(laid, this.#scope, SCOPE_SPANS_TAG, this.#scopeHabit) };
    const resource = this.#resource && {
      header: this.#resource.header,
      isEmpty: !closeBox(laid, this.#resource, RESOURCE_SPANS_TAG, this.#resourceHabit),
    };
    this.#paused = { resource, scope };
    this.#scope = undefined;
    this.#resource = undefined;
  }

  /** How large the batch would be, were it closed now: so many bytes are laid. */
  #sizeIn(length: number): number {
    const resource = this.#resource;
    const scope = this.#scope;
    if (!resource) return length;
    const inScope = scope ? length - scope.at - scope.kept : 0;
    const closed = (scope ? scope.at : length) - resource.at - resource.kept;
    const content = closed + (scope && inScope > 0 ? fieldSize(headerSize(scope.header) + inScope) : 0);
    return content === 0 ? resource.at : resource.at + fieldSize(headerSize(resource.header) + content);
  }
}
