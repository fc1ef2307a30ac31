import { complement, complete, newHeader } from '../batch/headers.ts';
import { END } from '../json/reader.ts';
import { JsonWalker } from '../json/walker.ts';
import type { SpanKernel } from '../kernel.ts';
import type { Around, Group, Job, Walk } from '../walk.ts';
import {
  documentNames,
  RESOURCE,
  RESOURCE_SPANS,
  SCHEMA_URL,
  SCOPE,
  SCOPE_SPANS,
  type SignalCode,
  SPANS,
  scopeSpansNames,
  signals,
  URL,
  WRAPPER,
} from './envelope-names.ts';
import { lenientKernel } from './lenient.ts';
import { Lines } from './lines.ts';
import { Frames } from './repeats.ts';
import { readHead, readUrl } from './scopes.ts';
import { type Found, scoutBehind } from './scout.ts';
import { closeGroup, passedBy, Seams, type Seen } from './seams.ts';
import { passSignal } from './signals.ts';
import { SpanWalker } from './spans.ts';

const DEPTH = 8;

/** Walks over one OTLP JSON document after the other, in any of the envelopes that writers put around ResourceSpans. */
export class DocumentWalker {
  readonly json: JsonWalker;
  readonly lines: Lines;
  readonly seen: Seen = { documents: 0, envelopes: 0, unknown: 0, others: new Map() };
  readonly #job: Job;
  readonly #kernels: readonly SpanKernel[];
  readonly #spans: SpanWalker;
  /** Only of use where many files have something in common. */
  readonly #frames: Frames | undefined;

  constructor(job: Job) {
    this.#job = job;
    this.json = new JsonWalker(job);
    this.lines = new Lines(job.window);
    const lenient = lenientKernel(job.window);
    this.#kernels = job.fast ? [job.fast, lenient] : [lenient];
    this.#spans = new SpanWalker(this.json, job, lenient, this.lines, new Seams(job, this.seen));
    this.#frames = job.known && new Frames(job);
  }

  /** One document. */
  *document(): Walk {
    const { json, seen } = this;
    this.#frames?.begin(json.offset, passedBy(seen));
    yield* this.value();
    this.#frames?.end(json.offset, passedBy(seen));
    seen.documents++;
  }

  /** An object that is an envelope, a bare ResourceSpans, or a wrapper around either; or an array of them. */
  *value(depth = 0): Walk {
    const { json } = this;
    if ((yield* json.peek()) === 0x5b && depth < DEPTH) {
      json.reader.at++;
      let more = yield* json.element(true);
      if (!more) this.seen.envelopes++;
      for (; more; more = yield* json.element(false)) yield* this.value(depth + 1);
      return;
    }
    yield* json.enter(0x7b, 'an OTLP document');
    yield* this.#object(depth);
  }

  *#object(depth: number): Walk {
    const { json } = this;
    let group: Group | undefined;
    let known = false;
    let first = true;
    for (let code = yield* json.field(true, documentNames); code !== END; code = yield* json.field(false, documentNames)) {
      first = false;
      known ||= code !== 0;
      if (code === RESOURCE || code === SCOPE_SPANS || code === SCHEMA_URL) {
        group ??= this.#openGroup();
        yield* this.#part(code, group, depth);
      } else if (code === RESOURCE_SPANS || (code === WRAPPER && depth < DEPTH)) yield* this.value(depth + 1);
      else if (code === 0 || code === WRAPPER) yield* json.skip();
      else yield* passSignal(json, signals[code as SignalCode], this.seen.others);
    }
    if (known || first) this.seen.envelopes++;
    else this.seen.unknown++;
    if (group) yield* this.#closeGroup(group);
  }

  #openGroup(): Group {
    const header = newHeader();
    this.#job.pending.openResource(header);
    return { header, ahead: new Map(), spansBefore: this.#job.pending.counted };
  }

  *#part(code: number, group: Group, depth: number): Walk {
    if (code === RESOURCE) yield* readHead(this.json, this.#kernels, 'resource', group.header);
    else if (code === SCHEMA_URL) yield* readUrl(this.json, group.header);
    else yield* this.#scopes(group, depth);
  }

  *#closeGroup(group: Group): Walk {
    group.header.known = true;
    yield* this.#fit(group);
    closeGroup(this.#job, group);
  }

  /** Before a scope or the group closes: where a header behind the spans is too much, batches are closed until the rest fits. */
  *#fit(group: Group): Walk {
    const { pending, place } = this.#job;
    if (!pending.over()) return;
    place.at = this.json.reader.at;
    if (!complete(group.header)) {
      const found: Found = { scopes: group.ahead };
      yield scoutBehind(found);
      complement(group.header, found.resource ?? newHeader());
    }
    yield 'batch';
    this.json.reader.point(place.at);
  }

  *#scopes(group: Group, depth: number): Walk {
    const { json } = this;
    yield* json.enter(0x5b, 'an array of scopes');
    for (let more = yield* json.element(true); more; more = yield* json.element(false)) {
      const around: Around = { group, depth, scope: newHeader(), scopeAt: json.offset };
      yield* json.enter(0x7b, 'an object');
      this.#job.pending.openScope(around.scope);
      for (let code = yield* json.field(true, scopeSpansNames); code !== END; code = yield* json.field(false, scopeSpansNames)) {
        if (code === SCOPE) yield* readHead(json, this.#kernels, 'scope', around.scope);
        else if (code === URL) yield* readUrl(json, around.scope);
        else if (code === SPANS) {
          const from = json.offset;
          yield* this.#spans.array(around);
          this.#frames?.array(from, json.offset, around);
        } else yield* json.skip();
      }
      around.scope.known = true;
      yield* this.#fit(group);
      this.#job.pending.closeScope();
    }
  }
}
