import { complement, type Header, headerSize } from '../batch/headers.ts';
import { type Leapt, LONGEST_SEAM, type Seam, type Sides } from '../kernel.ts';
import type { Around, Group, Job } from '../walk.ts';

/** What the documents of a file were seen to hold. */
export type Seen = { documents: number; envelopes: number; unknown: number; readonly others: Map<string, number> };

/** How much was passed over that is not spans. */
export const passedBy = ({ unknown, others }: Seen): number => others.values().reduce((sum, count) => sum + count, unknown);

type Headers = { readonly resource: Header; readonly scope: Header };

/** An array of spans ended: where in the file, and what was known by then. */
type End = { readonly offset: number; readonly group: Group; readonly told: number; readonly passed: number } & Counts;

type Counts = { readonly documents: number; readonly envelopes: number };

/** A text that stood between two arrays, and the headers of the second one as they were when it began, and as they are. */
type Begin = { readonly text: Uint8Array; readonly depth: number; readonly opening: Headers; readonly around: Headers };

/** A seam that was walked twice in a row: the headers between two of it, what they take in a batch at most, and what is counted at each. */
type Known = Begin & Counts & { readonly seam: Seam; readonly lineFeeds: number; readonly overhead: number };

/** What the tags and lengths of a ResourceSpans and its scope take, and something for the span that follows. */
const FRAMING = 24;

/**
 * Files repeat themselves: what stands between the spans of one export and those of the next is the same text, document after document.
 * Once it was walked twice in a row, with nothing to be said about it, what it means is known: the second time it was walked as it would be
 * the third time, so it can be passed over. The walk stays where it is, and goes on as if it had closed and opened what the text does.
 */
export class Seams {
  /** Seams that were passed. */
  passed = 0;
  readonly #job: Job;
  readonly #seen: Seen;
  #known: Known | undefined;
  #end: End | undefined;
  #last: Begin | undefined;
  /** The array at hand was begun by the known seam. */
  #begun = false;

  constructor(job: Job, seen: Seen) {
    this.#job = job;
    this.#seen = seen;
  }

  /** What the array at hand may be left over. */
  get here(): Seam | undefined {
    return this.#begun ? this.#known?.seam : undefined;
  }

  /** Line feeds between documents in the seam; nothing where it stands within a document. */
  get lineFeeds(): number | undefined {
    return this.#known && this.#known.documents > 0 ? this.#known.lineFeeds : undefined;
  }

  /** The first span of an array is at `at`. */
  begin({ group, scope, depth }: Around, at: number): void {
    const text = this.#textUpTo(at, group);
    const around = { resource: group.header, scope };
    const again = (begin: Begin | undefined): boolean => !!text && depth === begin?.depth && Buffer.compare(text, begin.text) === 0;
    if (!again(this.#known) && again(this.#last)) this.#learn(this.#last as Begin);
    this.#begun = again(this.#known);
    this.#last = text && { text, depth, around, opening: { resource: { ...group.header }, scope: { ...scope } } };
  }

  /** An array of spans ends before `at`. */
  end({ group }: Around, at: number): void {
    const { window, tally } = this.#job;
    const { documents, envelopes } = this.#seen;
    this.#end = { offset: window.offset + at, group, told: tally.told, passed: passedBy(this.#seen), documents, envelopes };
  }

  /** Whether the seam stands at `at`, and there is room for the next array: otherwise it must be walked. */
  at(at: number): boolean {
    const { window, pending } = this.#job;
    const seam = this.here;
    if (!seam || pending.room() - pending.arena.length < (this.#known as Known).overhead) return false;
    const behind = at + seam.text.length;
    if (behind >= window.end || window.bytes[behind] !== 0x7b) return false;
    return Buffer.prototype.compare.call(window.bytes, seam.text, 0, seam.text.length, at, behind) === 0;
  }

  /** Closes what is around the array that ended, and opens what is around the next one. */
  pass(around: Around): void {
    const known = this.#known as Known;
    const { pending } = this.#job;
    complement(around.scope, known.around.scope);
    pending.closeScope();
    complement(around.group.header, known.around.resource);
    closeGroup(this.#job, around.group);
    this.#begin(around, 1);
    pending.openResource(around.group.header);
    pending.openScope(around.scope);
    around.group.spansBefore = pending.counted;
  }

  /** The kernel has done the same, several times. */
  leapt(around: Around, leapt: Leapt): void {
    const { pending, tally } = this.#job;
    tally.resource((this.#known as Known).around.resource.head);
    this.#begin(around, leapt.arrays);
    pending.leapt(leapt, around.group.header, around.scope);
    around.group.spansBefore = pending.counted;
  }

  /** What is around the array at hand, behind so many seams. */
  #begin(around: Around, seams: number): void {
    const { opening, documents, envelopes } = this.#known as Known;
    around.group.header = { ...opening.resource };
    around.group.ahead.clear();
    around.scope = { ...opening.scope };
    around.scopeAt = undefined;
    this.#seen.documents += seams * documents;
    this.#seen.envelopes += seams * envelopes;
    this.passed += seams;
  }

  /** The text since the array before, where it leads into another ResourceSpans, is still in the window, and gave nothing to say. */
  #textUpTo(at: number, group: Group): Uint8Array | undefined {
    const { window, tally } = this.#job;
    const end = this.#end;
    if (!end || end.group === group || end.told !== tally.told || end.passed !== passedBy(this.#seen)) return undefined;
    const from = end.offset - window.offset;
    return from < 0 || at - from > LONGEST_SEAM ? undefined : window.bytes.slice(from, at);
  }

  /** The text that led to the last array leads away from it as well. */
  #learn(last: Begin): void {
    const end = this.#end as End;
    const { resource, scope } = last.around;
    const headers = headerSize(resource) + headerSize(scope);
    if (headers > LONGEST_SEAM) return;
    this.#known = {
      ...last,
      seam: { text: last.text, resource: sidesOf(resource), scope: sidesOf(scope) },
      overhead: headers + FRAMING,
      documents: this.#seen.documents - end.documents,
      envelopes: this.#seen.envelopes - end.envelopes,
      lineFeeds: last.text.reduce((sum, byte) => (byte === 0x0a ? sum + 1 : sum), 0),
    };
  }
}

const sidesOf = ({ head, url, extra }: Header): Sides => ({ before: head, behind: Buffer.concat([url, extra]) });

/** The ResourceSpans ends: what it was the resource of is told. */
export function closeGroup({ pending, tally }: Job, { header, spansBefore }: Group): void {
  if (pending.counted > spansBefore) tally.resource(header.head);
  pending.closeResource();
}
