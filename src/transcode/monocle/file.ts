import type { Failure } from '../../api/failure.ts';
import { type Header, newHeader, setHead, setUrl } from '../batch/headers.ts';
import { END, JsonReader } from '../json/reader.ts';
import { More, Rejected, truncated } from '../json/tokens.ts';
import { JsonWalker } from '../json/walker.ts';
import { Lines } from '../otlp/lines.ts';
import type { Job, Walk } from '../walk.ts';
import { TRACE_ID } from '../wire/id.ts';
import { Writer } from '../wire/writer.ts';
import { monocleNames, SPANS, TRACE } from './fields.ts';
import { readMonocleId } from './ids.ts';
import { putMonocleResource, putMonocleScope } from './resource.ts';
import { putMonocleSpan, type SpanFacts } from './span.ts';

const BLANK = new Set([0x20, 0x0a, 0x0d, 0x09, 0x00]);

/** Walks over a Monocle file: spans in an array, on lines, or in one of Okahu's wrappers. */
export function* walkMonocleFile(job: Job): Walk<string> {
  const file = new MonocleFile(job);
  let shape = '';
  for (;;) {
    const byte = yield* file.between();
    if (byte < 0) break;
    if (byte !== 0x7b && byte !== 0x5b) file.json.reader.broken('this is no Monocle span');
    file.lines.pass(file.json.reader.at);
    const seen = yield* file.value();
    file.lines.document(file.json.reader.at);
    shape = shape === '' ? seen : 'lines';
  }
  if (job.window.fault) truncated(job.window);
  file.close();
  if (job.pending.counted + job.tally.rejectedSpans === 0) job.tally.warn('the file holds no spans');
  return shape === 'span' ? 'Monocle lines' : `Monocle ${shape}`;
}

/** Header, message bytes and all: what spans that stand together share. */
type Group = { readonly resource: Uint8Array; readonly scope: Uint8Array; readonly url: Uint8Array | undefined };

class MonocleFile {
  readonly json: JsonWalker;
  readonly lines: Lines;
  readonly #job: Job;
  readonly #notes: { message: string; at: number }[] = [];
  readonly #reader: JsonReader;
  readonly #span = new Writer();
  readonly #header = new Writer(4096);
  #group: Group | undefined;
  #wrapperTrace: Uint8Array | undefined;

  constructor(job: Job) {
    this.#job = job;
    this.json = new JsonWalker(job);
    this.lines = new Lines(job.window);
    this.#reader = new JsonReader(job.window, { warn: (message, at) => this.#notes.push({ message, at }) });
  }

  /** The first byte of what follows, -1 at the end of the file. */
  *between(): Walk<number> {
    const { reader, stretch } = this.json;
    for (;;) {
      for (; reader.at < reader.end; reader.at++) {
        const byte = reader.bytes[reader.at] as number;
        if (!BLANK.has(byte)) return byte;
      }
      if (stretch.window.ended) return -1;
      yield* this.json.refill();
    }
  }

  /** An array of spans, a wrapper around them, or a span. */
  *value(): Walk<string> {
    const { json } = this;
    if ((yield* json.peek()) === 0x5b) {
      yield* this.#array();
      return 'array';
    }
    if (!(yield* this.#isWrapper())) {
      yield* this.#one();
      return 'span';
    }
    json.reader.at++;
    this.#wrapperTrace = undefined;
    for (let code = yield* json.field(true, monocleNames); code !== END; code = yield* json.field(false, monocleNames)) {
      if (code === SPANS && (yield* json.peek()) === 0x5b) yield* this.#array();
      else if (code === TRACE) yield* this.#noteTrace();
      else yield* json.skip();
    }
    this.#wrapperTrace = undefined;
    return 'wrapper';
  }

  *#noteTrace(): Walk {
    const { json } = this;
    this.#wrapperTrace = yield* json.step(() => {
      const id = new Uint8Array(TRACE_ID);
      try {
        return readMonocleId(json.reader, 'trace id', TRACE_ID, id) === 'ok' ? id : undefined;
      } catch (thrown) {
        if (!(thrown instanceof Rejected)) throw thrown;
        return undefined;
      }
    });
  }

  /** Whether the object here has an array of spans. A span is whole in the window before that is denied. */
  *#isWrapper(): Walk<boolean> {
    const { json } = this;
    const reader = this.#reader;
    return yield* json.step(() => {
      reader.point(json.reader.at);
      reader.object('a span');
      for (let code = reader.field(monocleNames); code !== END; code = reader.field(monocleNames)) {
        if (code === SPANS && reader.peek() === 0x5b) return true;
        reader.skip();
      }
      return false;
    });
  }

  *#array(): Walk {
    const { json } = this;
    json.reader.at++;
    for (let more = yield* json.element(true); more; more = yield* json.element(false)) yield* this.#one();
  }

  *#one(): Walk {
    const { json } = this;
    for (;;) {
      try {
        const facts = this.#encode(json.reader.at);
        yield* this.#append(facts);
        json.reader.at += this.#length;
        return;
      } catch (thrown) {
        if (thrown === More) {
          if (yield* json.refill()) continue;
          return yield* this.#leaveOut(tooLarge(json.offset, this.#job.maxBatchBytes));
        }
        if (!(thrown instanceof Rejected)) throw thrown;
        return yield* this.#leaveOut(thrown.failure);
      }
    }
  }

  #length = 0;

  /** Reads the span at `at` with its headers into the writers. */
  #encode(at: number): { readonly facts: SpanFacts; readonly group: Group } {
    const reader = this.#reader;
    this.#notes.length = 0;
    this.#span.length = 0;
    reader.point(at);
    const facts = putMonocleSpan(reader, this.#span, this.#wrapperTrace);
    this.#length = reader.at - at;
    this.#header.length = 0;
    const url = putMonocleResource(reader, this.#header, facts, this.#job.name);
    const resource = this.#header.copy();
    this.#header.length = 0;
    putMonocleScope(this.#header, facts.version);
    return { facts, group: { resource, scope: this.#header.copy(), url } };
  }

  *#append({ facts, group }: { readonly facts: SpanFacts; readonly group: Group }): Walk {
    const { pending, tally, place, window } = this.#job;
    const { json } = this;
    this.#open(group);
    while (pending.arena.length + this.#span.length > pending.room()) {
      if (pending.empty) throw new Rejected(tooLarge(json.offset, this.#job.maxBatchBytes));
      place.at = json.reader.at;
      yield 'batch';
      json.reader.point(place.at);
    }
    pending.arena.bytes.set(this.#span.bytes.subarray(0, this.#span.length), pending.arena.length);
    pending.arena.length += this.#span.length;
    pending.count(1);
    tally.times(facts.start.high, facts.start.low, facts.end.high, facts.end.low);
    tally.traces.add(new Uint32Array(facts.traceId.buffer), 1);
    for (const note of this.#notes) tally.warn(note.message, window.offset + note.at);
  }

  /** Spans with the same resource and scope stand together. */
  #open(group: Group): void {
    const open = this.#group;
    if (open && same(open.resource, group.resource) && same(open.scope, group.scope) && same(open.url, group.url)) return;
    this.close();
    this.#group = group;
    const header = headerOf(group.resource, group.url);
    this.#job.pending.openResource(header);
    this.#job.pending.openScope(headerOf(group.scope, undefined));
    this.#job.tally.resource(header.head);
  }

  close(): void {
    if (!this.#group) return;
    this.#group = undefined;
    this.#job.pending.closeScope();
    this.#job.pending.closeResource();
  }

  *#leaveOut(failure: Failure): Walk {
    const { offset, reader } = this.json;
    const line = this.lines.lineAt(reader.at);
    yield* this.json.skip();
    this.#job.tally.reject(failure, offset, line);
  }
}

function headerOf(message: Uint8Array, url: Uint8Array | undefined): Header {
  const header = newHeader();
  setHead(header, message);
  if (url) setUrl(header, url);
  header.known = true;
  return header;
}

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;

const tooLarge = (offset: number, limit: number): Failure => ({
  reason: 'SpanTooLarge',
  message: `the span at offset ${offset} does not fit, with its resource and scope, into a request of ${limit} bytes`,
});
