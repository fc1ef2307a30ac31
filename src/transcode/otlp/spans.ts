import { complement, complete, newHeader } from '../batch/headers.ts';
import type { JsonWalker } from '../json/walker.ts';
import type { Leap, SpanKernel, SpanRun, SpanSink } from '../kernel.ts';
import type { Around, Job, Walk } from '../walk.ts';
import type { Lines } from './lines.ts';
import { type Found, scout } from './scout.ts';
import type { Seams } from './seams.ts';

/** Walks over arrays of spans: the fast kernel first, the lenient one for what it declines. */
export class SpanWalker {
  readonly #json: JsonWalker;
  readonly #job: Job;
  readonly #lenient: SpanKernel;
  readonly #lines: Lines;
  readonly #seams: Seams;
  readonly #sink: SpanSink & { leap?: Leap | undefined };
  #around: Around | undefined;

  constructor(json: JsonWalker, job: Job, lenient: SpanKernel, lines: Lines, seams: Seams) {
    this.#json = json;
    this.#job = job;
    this.#lenient = lenient;
    this.#lines = lines;
    this.#seams = seams;
    const { pending, tally, window } = job;
    this.#sink = {
      arena: pending.arena,
      count: (spans) => pending.count(spans),
      times: (firstHigh, firstLow, lastHigh, lastLow) => tally.times(firstHigh, firstLow, lastHigh, lastLow),
      traces: (ids, count) => tally.traces.add(ids, count),
      leapt: (leapt) => {
        seams.leapt(this.#around as Around, leapt);
        this.#makeRoom();
      },
      reject: (failure, at) => tally.reject(failure, window.offset + at, lines.lineAt(at)),
      warn: (message, at) => tally.warn(message, window.offset + at),
    };
  }

  /** An array of spans, from its bracket to behind its end, and those behind it that a seam leads to. */
  *array(around: Around): Walk {
    const json = this.#json;
    const seams = this.#seams;
    yield* json.enter(0x5b, 'an array of spans');
    let more = yield* json.element(true);
    if (more) seams.begin(around, json.reader.at);
    while (more) {
      const { passed } = seams;
      const run = this.#run(json.reader.at, around);
      json.reader.at = run.at;
      if (run.why === 'more' && (yield* json.refill())) continue;
      if (run.why === 'full' && seams.passed > passed) continue;
      if (run.why === 'full' && !this.#job.pending.empty) {
        yield* this.closeBatch(around);
        continue;
      }
      if (run.why !== 'separator' && run.why !== 'end') yield* this.#leaveOut();
      more = (run.why !== 'end' && (yield* json.element(false))) || (yield* this.#next(around));
    }
  }

  /** The array has ended. Goes on in the next one where a seam leads to it. */
  *#next(around: Around): Walk<boolean> {
    const { reader } = this.#json;
    const { window } = this.#job;
    const seams = this.#seams;
    const length = seams.here?.text.length ?? 0;
    if (reader.at + length >= window.end && length > 0 && !window.ended) yield* this.#json.refill();
    if (!seams.at(reader.at)) {
      seams.end(around, reader.at);
      return false;
    }
    reader.at += length;
    seams.pass(around);
    this.#countLines(reader.at, 1);
    return true;
  }

  /** So many seams were passed on the way to `at`. */
  #countLines(at: number, seams: number): void {
    const { lineFeeds } = this.#seams;
    if (lineFeeds !== undefined && seams > 0) this.#lines.documents(at, seams * lineFeeds);
  }

  #run(at: number, around: Around): SpanRun {
    const { fast, window } = this.#job;
    const seams = this.#seams;
    const { passed } = seams;
    this.#around = around;
    this.#makeRoom();
    const run = fast?.spans(window, at, this.#sink);
    if (run) this.#countLines(run.at, seams.passed - passed);
    if (run && run.why !== 'declined') return run;
    return this.#lenient.spans(window, run?.at ?? at, this.#sink);
  }

  /** How far the arena may be filled, and where a leap would begin. */
  #makeRoom(): void {
    const { pending } = this.#job;
    const { here } = this.#seams;
    const front = here && pending.front;
    this.#sink.leap = front && { seam: here, ...front, limit: pending.limit };
    pending.arena.limit = pending.room();
  }

  /** The batch is full. Headers that may still come are looked up first: every batch carries them. */
  *closeBatch(around: Around): Walk {
    const { place } = this.#job;
    place.at = this.#json.reader.at;
    if (!complete(around.scope) || !complete(around.group.header)) yield* this.#lookAhead(around);
    yield 'batch';
    this.#json.reader.point(place.at);
  }

  *#lookAhead({ group, scope, scopeAt }: Around): Walk {
    const { header: resource, ahead } = group;
    const passed = scopeAt === undefined ? undefined : ahead.get(scopeAt);
    if (passed) complement(scope, passed);
    if (complete(scope) && complete(resource)) return;
    const found: Found = { scopes: ahead };
    yield scout(found, !complete(resource));
    complement(scope, found.scope ?? newHeader());
    complement(resource, found.resource ?? newHeader());
  }

  /** A span that is too large for the window, or for any batch. */
  *#leaveOut(): Walk {
    const { offset, reader } = this.#json;
    const line = this.#lines.lineAt(reader.at);
    yield* this.#json.skip();
    const message = `the span at offset ${offset} does not fit, with its resource and scope, into a request of ${this.#job.maxBatchBytes} bytes`;
    this.#job.tally.reject({ reason: 'SpanTooLarge', message }, offset, line);
  }
}
