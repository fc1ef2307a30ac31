import type { Arena } from '../kernel.ts';
import { fieldSize, putVarint, varintSize } from '../wire/writer.ts';
import { bodyOf } from './bodies.ts';
import { type Header, headerSize } from './headers.ts';

/** A run of spans of one scope: `arena.bytes[from, to)`. */
type Scope = { readonly header: Header; from: number; to: number; spans: number };
/** `settled` is the size of the scopes before the last one. */
type Group = { readonly header: Header; scopes: Scope[]; settled: number };

export type Cut = { readonly body: Uint8Array<ArrayBuffer>; readonly spans: number };

export type Mark = { readonly groups: number; readonly settled: number; readonly length: number };

/**
 * The spans that wait for their batch to close. They lie in the arena; headers stay apart until then, so every length is exact, and
 * a header that comes late is no trouble. A batch is as many of the spans, in order, as fit the limit together with their headers.
 */
export class Pending {
  readonly arena: Arena;
  readonly limit: number;
  /** Spans appended so far, in all batches. */
  counted = 0;
  #groups: Group[] = [];
  /** Size of the groups before the last one. */
  #settled = 0;
  #groupOpen = false;
  #scopeOpen = false;

  constructor(arena: Arena, limit: number) {
    this.arena = arena;
    this.limit = limit;
  }

  get empty(): boolean {
    return this.arena.length === 0;
  }

  /** The place between two files: `back` forgets what came behind it. Counting begins anew here. */
  mark(): Mark {
    this.counted = 0;
    return { groups: this.#groups.length, settled: this.#settled, length: this.arena.length };
  }

  back({ groups, settled, length }: Mark): void {
    this.#groups.length = groups;
    this.#settled = settled;
    this.#groupOpen = false;
    this.#scopeOpen = false;
    this.arena.length = length;
  }

  openResource(header: Header): void {
    this.#groups.push({ header, scopes: [], settled: 0 });
    this.#groupOpen = true;
  }

  openScope(header: Header): void {
    const { length } = this.arena;
    const group = this.#group();
    const scope: Scope = { header, from: length, to: length, spans: 0 };
    // Most groups have one scope, and an array that something is pushed to makes room for many.
    if (group.scopes.length === 0) group.scopes = [scope];
    else group.scopes.push(scope);
    this.#scopeOpen = true;
  }

  /** So many spans were appended to the arena, in the open scope. */
  count(spans: number): void {
    const scope = this.#scope();
    this.counted += spans;
    scope.spans += spans;
    scope.to = this.arena.length;
  }

  closeScope(): void {
    const group = this.#group();
    const scope = this.#scope();
    this.#scopeOpen = false;
    if (scope.spans === 0) group.scopes.pop();
    else group.settled += scopeSize(scope);
  }

  closeResource(): void {
    const group = this.#group();
    this.#groupOpen = false;
    if (group.scopes.length === 0) this.#groups.pop();
    else this.#settled += groupSize(group);
  }

  /** How far the arena may be filled in the open scope, as far as the headers are known. */
  room(): number {
    const group = this.#group();
    const scope = this.#scope();
    return scope.from + roomFor(this.limit - this.#settled, headerSize(group.header) + group.settled, headerSize(scope.header));
  }

  /** A header came late and what waits has outgrown the limit. Asked between scopes. */
  over(): boolean {
    const group = this.#groupOpen ? this.#group() : undefined;
    const open = group && group.scopes.length > 0 ? groupSize(group) : 0;
    return this.#settled + open > this.limit;
  }

  /**
   * Closes a batch: as many spans as fit. What does not fit stays for the next one. No spans in the result: the first one that
   * waits is too large for any batch, and was dropped.
   */
  cut(): Cut {
    const { groups, size, spans, end, whole } = this.#take();
    const body = compose(groups, this.arena.bytes, size);
    if (spans === 0) this.#dropFirst();
    else this.#remove(end, spans, whole);
    return { body, spans };
  }

  #take(): Taken {
    const taken: Taken = { groups: [], size: 0, spans: 0, end: 0, whole: 0 };
    if (this.#settled <= this.limit) this.#takeClosed(taken);
    for (let i = taken.whole; i < this.#groups.length; i++) {
      const group = this.#groups[i] as Group;
      const part: Group = { header: group.header, scopes: [], settled: 0 };
      const whole = this.#takeScopes(group, part, taken);
      if (part.scopes.length > 0) {
        taken.groups.push(part);
        taken.size += fieldSize(headerSize(part.header) + part.settled);
      }
      if (!whole) break;
    }
    return taken;
  }

  /** All closed groups fit, as they mostly do; small documents make thousands of them. */
  #takeClosed(taken: Taken): void {
    taken.whole = this.#groups.length - (this.#groupOpen ? 1 : 0);
    taken.size = this.#settled;
    for (let i = 0; i < taken.whole; i++) {
      const group = this.#groups[i] as Group;
      taken.groups.push(group);
      for (const { spans, to } of group.scopes) {
        taken.spans += spans;
        taken.end = to;
      }
    }
  }

  /** Moves what fits of a group into `part`; false where something did not fit. */
  #takeScopes(group: Group, part: Group, taken: Taken): boolean {
    for (const scope of group.scopes) {
      if (scope.spans === 0) continue;
      const room = scope.from + roomFor(this.limit - taken.size, headerSize(group.header) + part.settled, headerSize(scope.header));
      const fits = scope.to <= room ? scope : upTo(this.arena.bytes, scope, room);
      if (fits.spans > 0) {
        part.scopes.push({ ...fits });
        part.settled += scopeSize(fits);
        taken.spans += fits.spans;
        taken.end = fits.to;
      }
      if (fits !== scope) return false;
    }
    return true;
  }

  #dropFirst(): void {
    const first = this.#groups.flatMap((group) => group.scopes).find((scope) => scope.spans > 0);
    if (first) this.#remove(spanEnd(this.arena.bytes, first.from), 1, 0);
  }

  /** Forgets the first `spans` spans, which end at `end`, and keeps what is open. The first `whole` groups are gone with them. */
  #remove(end: number, spans: number, whole: number): void {
    const { arena } = this;
    for (const { scopes } of this.#groups.splice(0, whole)) for (const scope of scopes) spans -= scope.spans;
    const openGroup = this.#groupOpen ? this.#groups.at(-1) : undefined;
    const openScope = this.#scopeOpen ? openGroup?.scopes.at(-1) : undefined;
    for (const group of this.#groups) {
      for (const scope of group.scopes) {
        const gone = Math.min(spans, scope.spans);
        spans -= gone;
        scope.spans -= gone;
        scope.from = Math.max(0, scope.from - end);
        scope.to = Math.max(0, scope.to - end);
      }
      group.scopes = group.scopes.filter((scope) => scope.spans > 0 || scope === openScope);
      group.settled = group.scopes.reduce((sum, scope) => (scope === openScope ? sum : sum + scopeSize(scope)), 0);
    }
    this.#groups = this.#groups.filter((group) => group.scopes.length > 0 || group === openGroup);
    this.#settled = this.#groups.reduce((sum, group) => (group === openGroup ? sum : sum + groupSize(group)), 0);
    arena.bytes.copyWithin(0, end, arena.length);
    arena.length -= end;
  }

  #group(): Group {
    return this.#groups.at(-1) as Group;
  }

  #scope(): Scope {
    return this.#group().scopes.at(-1) as Scope;
  }
}

/** What a batch is made of. The first `whole` groups are those that waited, not parts of them. */
type Taken = { readonly groups: Group[]; size: number; spans: number; end: number; whole: number };

const scopeSize = (scope: Scope): number => fieldSize(headerSize(scope.header) + scope.to - scope.from);

const groupSize = (group: Group): number => fieldSize(headerSize(group.header) + group.settled);

/** Span bytes that still fit: two messages around them, the outer with `outer` bytes besides, the inner with `inner`. */
const roomFor = (budget: number, outer: number, inner: number): number => inside(inside(budget) - outer) - inner;

/** The largest content of a field that takes no more than `budget` bytes. */
function inside(budget: number): number {
  for (let digits = 1; digits < 5; digits++) {
    const content = budget - 1 - digits;
    if (content < 0) return -1;
    if (varintSize(content) <= digits) return content;
  }
  return -1;
}

/** The position behind the span field at `at`. */
function spanEnd(bytes: Uint8Array, at: number): number {
  let length = 0;
  let shift = 0;
  for (at++; ; shift += 7) {
    const byte = bytes[at++] as number;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) return at + length;
  }
}

/** The part of a scope that ends at or before `room`. */
function upTo(bytes: Uint8Array, scope: Scope, room: number): Scope {
  let to = scope.from;
  let spans = 0;
  while (to < scope.to) {
    const next = spanEnd(bytes, to);
    if (next > room) break;
    to = next;
    spans++;
  }
  return { header: scope.header, from: scope.from, to, spans };
}

/** The request: headers and spans in one buffer of exactly its size. */
function compose(groups: readonly Group[], spans: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const body = bodyOf(size);
  let at = 0;
  const put = (bytes: Uint8Array): void => {
    body.set(bytes, at);
    at += bytes.length;
  };
  const open = (tag: number, length: number): void => {
    body[at] = tag;
    at = putVarint(body, at + 1, length);
  };
  for (const { header, scopes, settled } of groups) {
    open(0x0a, headerSize(header) + settled);
    put(header.head);
    for (const scope of scopes) {
      open(0x12, headerSize(scope.header) + scope.to - scope.from);
      put(scope.header.head);
      put(spans.subarray(scope.from, scope.to));
      put(scope.header.url);
      put(scope.header.extra);
    }
    put(header.url);
    put(header.extra);
  }
  return body;
}
