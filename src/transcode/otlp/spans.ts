import { complement, complete, newHeader } from '../batch/headers.ts';
import type { JsonWalker } from '../json/walker.ts';
import type { SpanKernel, SpanRun, SpanSink } from '../kernel.ts';
import type { Around, Job, Walk } from '../walk.ts';
import type { Lines } from './lines.ts';
import { type Found, scout } from './scout.ts';

/** Walks over arrays of spans: the fast kernel first, the lenient one for what it declines. */
export class SpanWalker {
  readonly #json: JsonWalker;
  readonly #job: Job;
  readonly #lenient: SpanKernel;
  readonly #lines: Lines;
  readonly #sink: SpanSink;

  constructor(json: JsonWalker, job: Job, lenient: SpanKernel, lines: Lines) {
    this.#json = json;
    this.#job = job;
    this.#lenient = lenient;
    this.#lines = lines;
    const { pending, tally, window } = job;
    this.#sink = {
      arena: pending.arena,
      count: (spans) => pending.count(spans),
      times: (firstHigh, firstLow, lastHigh, lastLow) => tally.times(firstHigh, firstLow, lastHigh, lastLow),
      trace: (a, b, c, d) => tally.traces.add(a, b, c, d),
      reject: (failure, at) => tally.reject(failure, window.offset + at, lines.lineAt(at)),
      warn: (message, at) => tally.warn(message, window.offset + at),
    };
  }

  /** An array of spans, from its bracket to behind its end. */
  *array(around: Around): Walk {
    const json = this.#json;
    yield* json.enter(0x5b, 'an array of spans');
    let more = yield* json.element(true);
    while (more) {
      const run = this.#run(json.reader.at);
      json.reader.at = run.at;
      if (run.why === 'end') return;
      if (run.why === 'more' && (yield* json.refill())) continue;
      if (run.why === 'full' && !this.#job.pending.empty) {
        yield* this.closeBatch(around);
        continue;
      }
      if (run.why !== 'separator') yield* this.#leaveOut();
      more = yield* json.element(false);
    }
  }

  #run(at: number): SpanRun {
    const { fast, pending, window } = this.#job;
    pending.arena.limit = Math.min(pending.room(), pending.arena.bytes.length);
    const run = fast?.spans(window, at, this.#sink);
    if (run && run.why !== 'declined') return run;
    return this.#lenient.spans(window, run?.at ?? at, this.#sink);
  }

  /** The batch is full. Headers that may still come are looked up first: every batch carries them. */
  *closeBatch(around: Around): Walk {
    const { place } = this.#job;
    place.at = this.#json.reader.at;
    if (!complete(around.scope) || !complete(around.resource)) yield* this.#lookAhead(around);
    yield 'batch';
    this.#json.reader.point(place.at);
  }

  *#lookAhead({ resource, scope, scopeAt, ahead }: Around): Walk {
    const passed = ahead.get(scopeAt);
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
