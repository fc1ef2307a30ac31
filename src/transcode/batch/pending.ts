import type { Arena, Leapt } from '../kernel.ts';
import { contentIn, fieldSize } from '../wire/writer.ts';
import { close, type Frame, type Laid, open, RESOURCE_SPANS, reopen, SCOPE_SPANS } from './frames.ts';
import { type Header, headerSize } from './headers.ts';
import { split } from './split.ts';

const NOTHING = new Uint8Array(0);

/** A frame that was open when the batch was cut, and goes on in the next one. */
type Left = { readonly header: Header; readonly isEmpty: boolean };

export type Cut = { readonly body: Uint8Array; readonly spans: number; readonly inArena: boolean };

export type Mark = { readonly length: number; readonly spans: number };

/**
 * The batch at hand, laid out in the arena as it is sent. Before the spans of a scope there is room kept for what stands there: how long
 * they are is only known at the end, and a header may come late. Where the guess was wrong the spans are moved. A batch is as many spans,
 * in order, as fit the limit together with their headers.
 */
export class Pending {
  readonly arena: Arena;
  readonly limit: number;
  /** Spans appended so far, in all batches. */
  counted = 0;
  /** Those in the batch at hand. */
  #spans = 0;
  #resource: Frame | undefined;
  #scope: Frame | undefined;
  /** Bytes that the lengths of the last ones took: the next are much like them. */
  #resourceWidth = 3;
  #scopeWidth = 3;
  /** What is left of a batch that headers had made too large, as long as it is too large itself. */
  #rest: Uint8Array | undefined;
  #left: { readonly resource?: Left | undefined; readonly scope?: Left | undefined } = {};

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
    this.#resource = open(this.arena, header, this.#resourceWidth);
  }

  openScope(header: Header): void {
    this.#scope = open(this.arena, header, this.#scopeWidth);
  }

  /** So many spans were appended to the arena, in the open scope. */
  count(spans: number): void {
    this.counted += spans;
    this.#spans += spans;
  }

  /** Whoever may have got a header behind its spans asks whether all is `over` before. */
  closeScope(): void {
    const scope = this.#scope as Frame;
    this.#scope = undefined;
    this.#scopeWidth = close(this.arena, scope, SCOPE_SPANS) || this.#scopeWidth;
  }

  closeResource(): void {
    const resource = this.#resource as Frame;
    this.#resource = undefined;
    this.#resourceWidth = close(this.arena, resource, RESOURCE_SPANS) || this.#resourceWidth;
  }

  /** Where in the arena the ResourceSpans at hand and its spans begin; nothing where other scopes stand between. */
  get front(): { readonly at: number; readonly spansAt: number } | undefined {
    const resource = this.#resource as Frame;
    const scope = this.#scope as Frame;
    return scope.at === resource.at + resource.kept ? { at: resource.at, spansAt: scope.at + scope.kept } : undefined;
  }

  /** The kernel has closed what was open, and what followed, and has opened these. */
  leapt({ spans, at, resourceKept, scopeKept }: Leapt, resource: Header, scope: Header): void {
    this.count(spans);
    this.#resource = { header: resource, at, kept: resourceKept };
    this.#scope = { header: scope, at: at + resourceKept, kept: scopeKept };
  }

  /** How far the arena may be filled in the open scope, as far as the headers are known. */
  room(): number {
    const resource = this.#resource as Frame;
    const scope = this.#scope as Frame;
    const closed = scope.at - resource.at - resource.kept;
    const inResource = contentIn(this.limit - resource.at) - headerSize(resource.header) - closed;
    return scope.at + scope.kept + contentIn(inResource) - headerSize(scope.header);
  }

  /** Headers have made what waits larger than a batch. */
  over(): boolean {
    return this.#rest !== undefined || this.#size() > this.limit;
  }

  /**
   * Closes a batch. No spans in the result: the first one that waits is too large for any batch, and was dropped. What was open is
   * open again once `renew` was called.
   */
  cut(): Cut {
    if (this.over()) return this.#cutApart();
    this.#closeAll(this.arena);
    const spans = this.#spans;
    this.#spans = 0;
    return { body: this.arena.bytes.subarray(0, this.arena.length), spans, inArena: true };
  }

  /** Begins the next batch in these bytes. */
  renew(bytes: Uint8Array): void {
    const { arena } = this;
    const rest = this.#rest ?? NOTHING;
    arena.bytes = bytes;
    arena.length = 0;
    if (rest.length > this.limit) return;
    this.#rest = undefined;
    bytes.set(rest);
    arena.length = rest.length;
    const { resource, scope } = this.#left;
    this.#left = {};
    const goesOn = (left: Left | undefined): boolean => rest.length > 0 && left?.isEmpty === false;
    if (resource) this.#resource = goesOn(resource) ? reopen(arena, resource.header, 0) : open(arena, resource.header, this.#resourceWidth);
    const inside = this.#resource ? this.#resource.at + this.#resource.kept : 0;
    if (scope) this.#scope = goesOn(scope) ? reopen(arena, scope.header, inside) : open(arena, scope.header, this.#scopeWidth);
  }

  /** Everything is put together elsewhere, with its headers, and taken apart: they came late, and that is rare. */
  #cutApart(): Cut {
    const { arena } = this;
    let whole = this.#rest;
    if (!whole) {
      // Room that is kept for a header goes only when its frame is closed, after the frame inside has grown.
      const copy = { bytes: new Uint8Array(arena.length + this.#size()), length: arena.length };
      copy.bytes.set(arena.bytes.subarray(0, arena.length));
      this.#closeAll(copy);
      whole = copy.bytes.subarray(0, copy.length);
    }
    const { first, spans, rest } = split(whole, this.limit);
    this.#rest = rest;
    this.#spans -= Math.max(1, spans);
    return { body: first, spans, inArena: false };
  }

  #closeAll(laid: Laid): void {
    const left = (frame: Frame | undefined, tag: number): Left | undefined =>
      frame && { header: frame.header, isEmpty: close(laid, frame, tag) === 0 };
    const scope = left(this.#scope, SCOPE_SPANS);
    this.#left = { scope, resource: left(this.#resource, RESOURCE_SPANS) };
    this.#scope = undefined;
    this.#resource = undefined;
  }

  /** How large the batch would be, were it closed now. */
  #size(): number {
    const { length } = this.arena;
    const resource = this.#resource;
    const scope = this.#scope;
    if (!resource) return length;
    const inScope = scope ? length - scope.at - scope.kept : 0;
    const closed = (scope ? scope.at : length) - resource.at - resource.kept;
    const content = closed + (scope && inScope > 0 ? fieldSize(headerSize(scope.header) + inScope) : 0);
    return content === 0 ? resource.at : resource.at + fieldSize(headerSize(resource.header) + content);
  }
}
