import { fail } from '../../api/failure.ts';
import { addExtra, complement, type Header, newHeader, setHead, setUrl } from '../batch/headers.ts';
import { truncated } from '../json/tokens.ts';
import type { Job, LookAhead, Stretch, Walk } from '../walk.ts';
import { repairUtf8 } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import { inspect, newInspection, rewrite } from './inspect.ts';
import { type RecordKind, recordKind } from './record.ts';
import { resourceSchema, type Schema, scopeSchema } from './schema.ts';
import { SpanCopier } from './spans.ts';
import { type Head, ProtobufWalker } from './walker.ts';

const EVERYTHING = Number.POSITIVE_INFINITY;
const LARGE = 512 * 1024;
/** Where ScopeSpans were, under their old name, before they moved to 2. */
const OLD_SCOPES = 1000;

/** Walks over a protobuf file: one ExportTraceServiceRequest, or several in a row, which is the same. */
export function* walkProtobufFile(job: Job): Walk<string> {
  const walker = new ProtobufWalker(job);
  const file = new ProtobufFile(walker, job);
  while (yield* walker.follows(EVERYTHING)) {
    const head = yield* walker.head(EVERYTHING);
    if (head.number === 1 && head.wire === 2) yield* file.group(walker.offset + head.length);
    else {
      job.tally.warn('a field of the request is unknown and was left out', head.start);
      yield* walker.skip(head.length);
    }
  }
  if (job.window.fault) truncated(job.window);
  file.conclude();
  return 'OTLP protobuf';
}

/** The headers around the records at hand, and where in the file the scope begins. */
type Around = { readonly resource: Header; readonly scope: Header; readonly scopeAt: number; readonly ahead: Map<number, Header> };

class ProtobufFile {
  readonly #walker: ProtobufWalker;
  readonly #job: Job;
  readonly #copier: SpanCopier;
  #kind: RecordKind | undefined;
  #others = 0;

  constructor(walker: ProtobufWalker, job: Job) {
    this.#walker = walker;
    this.#job = job;
    this.#copier = new SpanCopier(walker, job);
  }

  conclude(): void {
    const { pending, tally } = this.#job;
    if (this.#others > 0) fail('NoTraces', `the file holds ${this.#others} ${this.#kind} and no spans`);
    if (pending.counted + tally.rejectedSpans === 0) tally.warn('the file holds no spans');
  }

  /** A ResourceSpans that ends at `bound`. */
  *group(bound: number): Walk {
    const { pending, tally } = this.#job;
    const walker = this.#walker;
    const header = newHeader();
    const ahead = new Map<number, Header>();
    const before = pending.counted;
    pending.openResource(header);
    while (yield* walker.follows(bound)) {
      const head = yield* walker.head(bound);
      if ((head.number === 2 || head.number === OLD_SCOPES) && head.wire === 2) yield* this.#scope(head, header, bound, ahead);
      else yield* headerField(walker, head, header, resourceSchema);
    }
    header.known = true;
    if (pending.over()) yield 'batch';
    if (pending.counted > before) tally.resource(header.head);
    pending.closeResource();
  }

  *#scope(head: Head, resource: Header, groupBound: number, ahead: Map<number, Header>): Walk {
    const { pending } = this.#job;
    const walker = this.#walker;
    const bound = walker.offset + head.length;
    const around: Around = { resource, scope: newHeader(), scopeAt: walker.offset, ahead };
    pending.openScope(around.scope);
    while (yield* walker.follows(bound)) {
      const field = yield* walker.head(bound);
      if (field.number === 2 && field.wire === 2) yield* this.#record(field, around, bound, groupBound);
      else yield* headerField(walker, field, around.scope, scopeSchema);
    }
    around.scope.known = true;
    if (pending.over()) yield* this.#closeBatch(0, around, bound, groupBound);
    pending.closeScope();
  }

  *#record(field: Head, around: Around, bound: number, groupBound: number): Walk {
    const { pending } = this.#job;
    const walker = this.#walker;
    if (!(yield* walker.whole(field.length))) return yield* this.#copier.leaveOut(field);
    const { window, place } = walker.stretch;
    this.#kind ??= recordKind(window.bytes.subarray(place.at, place.at + field.length));
    if (this.#kind !== 'spans') {
      this.#others++;
      return yield* walker.skip(field.length);
    }
    while (!this.#copier.copy(field)) {
      if (pending.empty) return yield* this.#copier.leaveOut(field);
      yield* this.#closeBatch(field.length, around, bound, groupBound);
    }
    place.at += field.length;
  }

  /** Headers that may still come, behind so much of a span, are looked up first: every batch carries them. */
  *#closeBatch(spanLength: number, { resource, scope, scopeAt, ahead }: Around, bound: number, groupBound: number): Walk {
    const passed = ahead.get(scopeAt);
    // That is all of its header, what was read already included.
    if (passed && !scope.known) Object.assign(scope, passed, { known: true });
    if (!scope.known || !resource.known) {
      const found: Found = { scope: newHeader(), resource: newHeader(), ahead };
      yield lookAhead(found, spanLength, bound, resource.known ? bound : groupBound);
      if (!scope.known) unite(scope, found.scope);
      if (!resource.known) unite(resource, found.resource);
    }
    yield 'batch';
  }
}

/** Takes over what a look ahead has found. A message that comes in two parts is one message. */
function unite(header: Header, found: Header): void {
  const whole = header.hasHead && found.hasHead ? Buffer.concat([header.message, found.message]) : undefined;
  complement(header, found);
  if (whole) setHead(header, whole);
}

/** Resource or scope, schema URL, and whatever else stands beside the spans. */
function* headerField(walker: ProtobufWalker, head: Head, header: Header, schema: Schema): Walk {
  if (head.wire === 2 && (head.number === 1 || head.number === 3)) {
    const content = yield* walker.content(head.length, 'a header');
    if (header.known) return;
    if (head.number === 3) setUrl(header, repairUtf8(content));
    // A message that comes in two parts is one message.
    else setHead(header, sound(walker, content, header, schema));
    return;
  }
  const size = walker.offset - head.start + head.length;
  walker.stretch.place.at -= walker.offset - head.start;
  const field = yield* walker.content(size, 'an unknown field');
  if (!header.known) addExtra(header, field);
}

/** What was read of the header so far, and this, as it is or with its text repaired. */
function sound(walker: ProtobufWalker, content: Uint8Array, { hasHead, message: before }: Header, schema: Schema): Uint8Array {
  const message = hasHead ? Buffer.concat([before, content]) : content;
  const seen = newInspection();
  const offset = walker.offset - content.length;
  if (!inspect(message, 0, message.length, schema, seen, offset)) {
    fail(seen.fault === 'deep' ? 'TooDeep' : 'InvalidProtobuf', `the resource or scope at offset ${offset} is broken`);
  }
  if (seen.clean) return message;
  walker.stretch.warn('text that is not UTF-8 got U+FFFD', offset);
  const writer = new Writer(message.length * 2);
  rewrite(message, 0, message.length, schema, writer);
  return writer.copy();
}

type Found = { scope: Header; resource: Header; readonly ahead: Map<number, Header> };

/** From the content of a span field to the end of its scope, and on to the end of its ResourceSpans. */
function lookAhead(found: Found, spanLength: number, bound: number, groupBound: number): LookAhead {
  return {
    *over(stretch: Stretch): Walk {
      // A look that the window was too short for is taken once more, from the start.
      found.scope = newHeader();
      found.resource = newHeader();
      const walker = new ProtobufWalker(stretch);
      yield* walker.skip(spanLength);
      yield* scopeRest(walker, bound, found.scope);
      while (walker.offset < groupBound) {
        const head = yield* walker.head(groupBound);
        if ((head.number !== 2 && head.number !== OLD_SCOPES) || head.wire !== 2) {
          yield* headerField(walker, head, found.resource, resourceSchema);
          continue;
        }
        const at = walker.offset;
        if (head.length > LARGE) {
          const header = newHeader();
          yield* scopeRest(walker, at + head.length, header);
          found.ahead.set(at, header);
        } else yield* walker.skip(head.length);
      }
    },
  };
}

function* scopeRest(walker: ProtobufWalker, bound: number, header: Header): Walk {
  while (walker.offset < bound) {
    const head = yield* walker.head(bound);
    if (head.number === 2 && head.wire === 2) yield* walker.skip(head.length);
    else yield* headerField(walker, head, header, scopeSchema);
  }
}
