import type { SpanSink } from '../kernel.ts';
import type { Around, Job } from '../walk.ts';

/** What was seen when a document began. `passed` counts what is in it besides spans. */
type Mark = {
  readonly offset: number;
  readonly envelopes: number;
  readonly told: number;
  readonly passed: number;
  arrays: number;
  from: number;
  to: number;
  around?: Around;
};

/** A larger document takes so long that its walk does not matter, and trying in vain at the end of a window would. */
const LARGEST = 256 * 1024;
/** Documents of which the fast kernel declines something are read twice: after so many it is not tried any more. */
const MOST_DECLINED = 16;

/**
 * Small documents of one writer differ in their spans only. What surrounds the spans is remembered as text; a document with the same
 * text around its spans needs no walk: its headers are known, and one call of the fast kernel reads the rest. Whatever is different in
 * the least is walked as ever.
 */
export class Repeats {
  readonly #job: Job;
  readonly #sink: SpanSink;
  #mark: Mark | undefined;
  #spans = 0;
  readonly #times: (readonly [number, number, number, number])[] = [];
  readonly #traces: number[] = [];

  constructor(job: Job) {
    this.#job = job;
    this.#sink = {
      arena: job.pending.arena,
      count: (spans) => {
        this.#spans += spans;
      },
      times: (firstHigh, firstLow, lastHigh, lastLow) => this.#times.push([firstHigh, firstLow, lastHigh, lastLow]),
      trace: (a, b, c, d) => this.#traces.push(a, b, c, d),
      passed: () => {},
      reject: () => {},
      warn: () => {},
    };
  }

  /** A document begins that is walked. */
  begin(offset: number, envelopes: number, passed: number): void {
    this.#mark = { offset, envelopes, told: this.#job.tally.told, passed, arrays: 0, from: 0, to: 0 };
  }

  /** An array of spans stood there, bracket to bracket. */
  array(from: number, to: number, around: Around): void {
    const mark = this.#mark;
    if (!mark) return;
    // Behind a seam it was more than one.
    mark.arrays += around.scopeAt === undefined ? 2 : 1;
    mark.from = from;
    mark.to = to;
    mark.around = around;
  }

  /** The document ends. It is remembered when it had one array of spans, nothing had to be said, and it still stands in the window. */
  end(offset: number, envelopes: number, passed: number): void {
    const mark = this.#mark;
    const { window, tally } = this.#job;
    this.#mark = undefined;
    if (!mark?.around || mark.arrays !== 1 || mark.told !== tally.told || mark.passed !== passed || mark.offset < window.offset) return;
    const text = (from: number, to: number) => window.bytes.slice(from - window.offset, to - window.offset);
    if (offset - mark.offset > LARGEST) return;
    const { group, scope } = mark.around;
    this.#job.known.frame = {
      before: text(mark.offset, mark.from + 1),
      behind: text(mark.to, offset),
      resource: group.header,
      scope,
      envelopes: envelopes - mark.envelopes,
    };
  }

  /** Takes the document at `at` when it is of the remembered kind and complete in the window; how many envelopes it was, and its end. */
  take(at: number): { readonly at: number; readonly envelopes: number } | undefined {
    const { window, pending, fast, tally, known } = this.#job;
    const { frame } = known;
    if (!frame || !fast || known.declined > MOST_DECLINED || !matches(window.bytes, at, window.end, frame.before)) return undefined;
    const first = at + frame.before.length;
    if (window.bytes[first] !== 0x7b) return undefined;
    const { arena } = pending;
    const { length } = arena;
    pending.openResource(frame.resource);
    pending.openScope(frame.scope);
    arena.limit = Math.min(pending.room(), arena.bytes.length);
    this.#spans = 0;
    this.#times.length = 0;
    this.#traces.length = 0;
    const run = fast.spans(window, first, this.#sink);
    const good = run.why === 'end' && matches(window.bytes, run.at, window.end, frame.behind);
    if (good) {
      pending.count(this.#spans);
      for (const times of this.#times) tally.times(...times);
      const ids = this.#traces;
      for (let i = 0; i < ids.length; i += 4) tally.traces.add(ids[i]!, ids[i + 1]!, ids[i + 2]!, ids[i + 3]!);
      tally.resource(frame.resource.head);
    } else {
      arena.length = length;
      if (run.why === 'declined') known.declined++;
    }
    pending.closeScope();
    pending.closeResource();
    return good ? { at: run.at + frame.behind.length, envelopes: frame.envelopes } : undefined;
  }
}

function matches(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  return at + text.length <= end && Buffer.prototype.compare.call(bytes, text, 0, text.length, at, at + text.length) === 0;
}
