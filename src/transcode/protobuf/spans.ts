import type { Failure } from '../../api/failure.ts';
import { SPAN_TAG } from '../batch/boxes.ts';
import { impossibleLength } from '../otlp/ids.ts';
import type { Job, Walk } from '../walk.ts';
import { type Field, readField } from '../wire/fields.ts';
import { SPAN_ID, TRACE_ID } from '../wire/id.ts';
import { putVarint, varintSize, Writer } from '../wire/writer.ts';
import { inspect, newInspection, rewrite, traceId } from './inspect.ts';
import { spanSchema } from './schema.ts';
import type { Head, ProtobufWalker } from './walker.ts';

const words = new Uint32Array(traceId.buffer);

/** Copies span messages into the batch, byte for byte unless an id or text needs repair. */
export class SpanCopier {
  readonly #walker: ProtobufWalker;
  readonly #job: Job;
  readonly #writer = new Writer();

  constructor(walker: ProtobufWalker, job: Job) {
    this.#walker = walker;
    this.#job = job;
  }

  /** The span whose content is here, whole in the window. False where it does not fit the batch any more. */
  copy(head: Head): boolean {
    const { window, place } = this.#walker.stretch;
    const to = place.at + head.length;
    const seen = newInspection();
    if (!inspect(window.bytes, place.at, to, spanSchema, seen, window.offset)) {
      this.#job.tally.reject(faultOf(seen.fault, head.start), head.start);
      return true;
    }
    if (!seen.trace) impossibleLength('trace id', TRACE_ID, 0, 'bytes', head.start);
    if (!seen.span) impossibleLength('span id', SPAN_ID, 0, 'bytes', head.start);
    if (seen.clean) {
      if (!this.#append(window.bytes, place.at, to)) return false;
    } else {
      this.#writer.length = 0;
      rewrite(window.bytes, place.at, to, spanSchema, this.#writer);
      if (!this.#append(this.#writer.bytes, 0, this.#writer.length)) return false;
      const { tally } = this.#job;
      if (seen.repairedText > 0) tally.warn('text that is not UTF-8 got U+FFFD', head.start, seen.repairedText);
      if (seen.repairedIds > 0) tally.warn('an id was hex that somebody took for base64, and was repaired', head.start, seen.repairedIds);
    }
    this.#tell(window.bytes, place.at, to);
    return true;
  }

  #append(bytes: Uint8Array, from: number, to: number): boolean {
    const { pending } = this.#job;
    const { arena } = pending;
    const size = to - from;
    if (arena.length + 1 + varintSize(size) + size > pending.room()) return false;
    arena.bytes[arena.length] = SPAN_TAG;
    const at = putVarint(arena.bytes, arena.length + 1, size);
    arena.bytes.set(bytes.subarray(from, to), at);
    arena.length = at + size;
    return true;
  }

  #tell(bytes: Uint8Array, from: number, to: number): void {
    const { pending, tally } = this.#job;
    const field: Field = { number: 0, wire: 0, start: 0, from: 0, to: 0 };
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    let start = 0;
    let end = 0;
    for (let at = from; at < to; ) {
      at = readField(bytes, at, to, field);
      if (field.wire !== 1) continue;
      if (field.number === 7) start = field.from;
      else if (field.number === 8) end = field.from;
    }
    const half = (at: number, shift: number): number => (at === 0 ? 0 : view.getUint32(at + shift, true));
    tally.times(half(start, 4), half(start, 0), half(end, 4), half(end, 0));
    tally.traces.add(words, 1);
    pending.count(1);
  }

  /** A span that is too large for the window, or for any batch. */
  *leaveOut(head: Head): Walk {
    const { tally, maxBatchBytes } = this.#job;
    const message = `the span at offset ${head.start} does not fit, with its resource and scope, into a request of ${maxBatchBytes} bytes`;
    tally.reject({ reason: 'SpanTooLarge', message }, head.start);
    yield* this.#walker.skip(head.length);
  }
}

function faultOf(fault: 'broken' | 'deep' | 'zero' | undefined, offset: number): Failure {
  if (fault === 'zero') return { reason: 'InvalidTraceId', message: `the trace id or span id is all zero at offset ${offset}` };
  if (fault === 'deep') return { reason: 'TooDeep', message: `values are nested too deep at offset ${offset}` };
  return { reason: 'InvalidSpan', message: `the span cannot be read at offset ${offset}` };
}
