import { LONGEST_SEAM } from '../kernel.ts';
import type { Around, Job, Known } from '../walk.ts';
import { SPACE } from './space.ts';

/** What was seen when a document began. `passed` counts what is in it besides spans. */
type Mark = { readonly offset: number; readonly told: number; readonly passed: number };

/** An array of spans in it, bracket to bracket. */
type Found = { readonly from: number; readonly to: number; readonly around: Around };

/** Files of which the fast kernel declines something are read twice: after so many it is not tried any more. */
const MOST_DECLINED = 16;

/**
 * Small files of one writer differ in their spans only. What surrounds the spans of a document is remembered as text, so that a file with
 * the same text around its spans needs no walk.
 */
export class Frames {
  readonly #job: Job;
  #mark: Mark | undefined;
  #found: Found | undefined;
  #arrays = 0;

  constructor(job: Job) {
    this.#job = job;
  }

  /** A document begins. */
  begin(offset: number, passed: number): void {
    this.#mark = { offset, told: this.#job.tally.told, passed };
    this.#arrays = 0;
  }

  /** An array of spans stood there. */
  array(from: number, to: number, around: Around): void {
    // Behind a seam it was more than one.
    this.#arrays += around.scopeAt === undefined ? 2 : 1;
    this.#found = { from, to, around };
  }

  /** The document ends. It is remembered when it had one array of spans, nothing had to be said, and it still stands in the window. */
  end(offset: number, passed: number): void {
    const { window, tally, known } = this.#job;
    const [mark, found] = [this.#mark, this.#found];
    if (!known || !mark || !found || this.#arrays !== 1) return;
    if (mark.told !== tally.told || mark.passed !== passed || mark.offset < window.offset) return;
    const text = (from: number, to: number) => window.bytes.slice(from - window.offset, to - window.offset);
    const { group, scope } = found.around;
    const [before, behind] = [text(mark.offset, found.from + 1), text(found.to, offset)];
    if (Math.max(before.length, behind.length) > LONGEST_SEAM) return;
    known.frame = { before, behind, resource: group.header, scope };
  }
}

/**
 * Takes a file that is in the window as a whole when it is of the remembered kind: one call of the fast kernel reads it all. Otherwise it
 * must be walked, and whoever asked takes back what was appended and told.
 */
export function takeRepeat(job: Job): boolean {
  const { window, pending, fast, tally, known } = job;
  const { bytes, end } = window;
  const frame = known?.frame;
  if (!frame || !fast || known.declined > MOST_DECLINED || !fast.stands(window, 0, frame.before)) return false;
  const first = frame.before.length;
  if (bytes[first] !== 0x7b) return false;
  pending.openResource(frame.resource);
  pending.openScope(frame.scope);
  pending.arena.limit = pending.room();
  known.sink ??= sinkOf(job);
  known.sink.tally = tally;
  const { why, at } = fast.spans(window, first, known.sink);
  pending.closeScope();
  pending.closeResource();
  tally.resource(frame.resource.head);
  if (why === 'declined') known.declined++;
  return why === 'end' && fast.stands(window, at, frame.behind) && isBlank(bytes, at + frame.behind.length, end);
}

function sinkOf({ pending, tally }: Job): NonNullable<Known['sink']> {
  const sink: NonNullable<Known['sink']> = {
    tally,
    arena: pending.arena,
    count: (spans) => pending.count(spans),
    times: (firstHigh, firstLow, lastHigh, lastLow) => sink.tally.times(firstHigh, firstLow, lastHigh, lastLow),
    traces: (ids, count) => sink.tally.traces.add(ids, count),
    leapt: () => {},
    reject: () => {},
    warn: () => {},
  };
  return sink;
}

function isBlank(bytes: Uint8Array, at: number, end: number): boolean {
  while (at < end && SPACE.has(bytes[at] as number)) at++;
  return at === end;
}
