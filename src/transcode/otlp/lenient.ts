import { type Failed, fail } from '../../api/failure.ts';
import { JsonReader, Repeated } from '../json/reader.ts';
import { More, Rejected } from '../json/tokens.ts';
import type { Arena, HeaderKind, HeaderRun, SpanKernel, SpanRun, SpanSink, Window } from '../kernel.ts';
import { Writer } from '../wire/writer.ts';
import { putResource, putScope } from './header.ts';
import { putSpan, span } from './span.ts';

/** The kernel that reads everything that can be read, one element per call. What it rejects goes with a reason and a place. */
export function lenientKernel(window: Window): SpanKernel {
  let made: SpanKernel | undefined;
  // Most files never need it.
  const kernel = (): SpanKernel => {
    made ??= makeKernel(window);
    return made;
  };
  return { spans: (...given) => kernel().spans(...given), header: (...given) => kernel().header(...given) };
}

function makeKernel(window: Window): SpanKernel {
  const notes: { message: string; at: number }[] = [];
  const reader = new JsonReader(window, { warn: (message, at) => notes.push({ message, at }) });
  const writer = new Writer();

  /** Reads at `at`; once more, carefully, where an object repeats a field. */
  const read = (at: number, put: (r: JsonReader, w: Writer) => void, careful = false): void => {
    notes.length = 0;
    writer.length = 0;
    reader.point(at);
    reader.careful = careful;
    try {
      put(reader, writer);
    } catch (thrown) {
      if (thrown !== Repeated) throw thrown;
      read(at, put, true);
    }
  };

  const rejected = (at: number, failure: Failed['failure'], out: SpanSink): SpanRun => {
    reader.point(at);
    try {
      reader.skip();
    } catch (thrown) {
      if (thrown === More) return { why: 'more', at };
      throw thrown;
    }
    out.reject(failure, at);
    return { why: 'separator', at: reader.at };
  };

  const one = (at: number, out: SpanSink): SpanRun => {
    try {
      read(at, putSpan);
    } catch (thrown) {
      if (thrown === More) return { why: 'more', at };
      if (thrown instanceof Rejected) return rejected(at, thrown.failure, out);
      throw thrown;
    }
    if (!append(out.arena, writer)) return { why: 'full', at };
    tell(out);
    for (const note of notes) out.warn(note.message, note.at);
    return { why: 'separator', at: reader.at };
  };

  const header = (at: number, kind: HeaderKind): HeaderRun => {
    try {
      read(at, kind === 'resource' ? putResource : putScope);
    } catch (thrown) {
      if (thrown === More) return { why: 'more' };
      if (thrown instanceof Rejected) return fail(thrown.failure.reason, `${kind}: ${thrown.failure.message}`);
      throw thrown;
    }
    return { why: 'done', at: reader.at, message: writer.copy() };
  };

  return { spans: (_window, at, out) => one(at, out), header: (_window, at, kind) => header(at, kind) };
}

function append(arena: Arena, writer: Writer): boolean {
  const length = arena.length + writer.length;
  if (length > arena.limit) return false;
  arena.bytes.set(writer.bytes.subarray(0, writer.length), arena.length);
  arena.length = length;
  return true;
}

const traceId = new Uint32Array(span.traceId.buffer);

function tell(out: SpanSink): void {
  out.count(1);
  out.times(span.startHigh, span.startLow, span.endHigh, span.endLow);
  out.traces(traceId, 1);
}
