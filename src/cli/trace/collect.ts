import type { Input, Settings, Summary, Transcode } from '../../transcode/port.ts';
import { type Brief, briefOf } from './brief.ts';
import { decodeResource, decodeSpan, headOf, type RawSpan, rawSpans } from './decode.ts';
import type { Resource } from './otlp.ts';

export type Trace = { readonly id: string; readonly spans: readonly Brief[]; readonly start: bigint; readonly end: bigint };

/** A trace that is not decoded yet. Its spans are kept as bytes: most traces of a large file are never looked at. */
export type HeldTrace = { readonly id: string; readonly start: bigint; readonly spans: readonly RawSpan[] };

export type Collected = {
  readonly summary: Summary;
  /** Oldest first. */
  readonly traces: readonly HeldTrace[];
  /** Spans of older traces that were let go of, so that memory is bounded. */
  readonly letGo: number;
};

export type Wanted = {
  /** Beginning of the id of the only trace that is of interest. */
  readonly trace?: string;
  /** Bytes of spans held at once. */
  readonly mostBytes: number;
};

type Holding = { spans: RawSpan[]; start: bigint; bytes: number };

/** Gathers the spans of a file by trace. Of a file with more than fits into memory the newest traces stay. */
export async function collectTraces(transcode: Transcode, input: Input, settings: Settings, wanted: Wanted): Promise<Collected> {
  const held = new Map<string, Holding>();
  let bytes = 0;
  let letGo = 0;

  const keep = (traceId: string, start: bigint, raw: RawSpan): void => {
    const trace = held.get(traceId) ?? { spans: [], start: 0n, bytes: 0 };
    held.set(traceId, trace);
    // A copy, so that a span does not keep its whole batch.
    trace.spans.push({ resource: raw.resource, span: Buffer.from(raw.span) });
    trace.bytes += weight(raw);
    bytes += weight(raw);
    if (start > 0n && (trace.start === 0n || start < trace.start)) trace.start = start;
    if (bytes <= wanted.mostBytes) return;
    const gone = letGoOfOldest(held, bytes - wanted.mostBytes / 2);
    bytes -= gone.bytes;
    letGo += gone.spans;
  };

  const summary = await transcode(input, settings, ({ body }) => {
    for (const raw of rawSpans(body)) {
      const { traceId, start } = headOf(raw.span);
      if (wanted.trace === undefined || traceId.startsWith(wanted.trace)) keep(traceId, start, raw);
    }
  });
  const traces = [...held].map(([id, { spans, start }]) => ({ id, spans, start })).sort(byStart);
  return { summary, traces, letGo };
}

/** What a span takes: its bytes, and the objects around them. */
const weight = ({ span }: RawSpan): number => span.length + 200;

const byStart = (a: { readonly start: bigint }, b: { readonly start: bigint }): number =>
  a.start < b.start ? -1 : a.start > b.start ? 1 : 0;

/** Makes room for so many bytes: the oldest traces go; of the only one, its spans that came first. */
function letGoOfOldest(held: Map<string, Holding>, room: number): { readonly bytes: number; readonly spans: number } {
  const gone = { bytes: 0, spans: 0 };
  const oldest = [...held].map(([id, trace]) => ({ id, trace, start: trace.start })).sort(byStart);
  for (const { id, trace } of oldest.slice(0, -1)) {
    if (gone.bytes >= room) return gone;
    held.delete(id);
    gone.bytes += trace.bytes;
    gone.spans += trace.spans.length;
  }
  const last = oldest.at(-1)?.trace;
  if (!last) return gone;
  let cut = 0;
  for (let size = 0; cut < last.spans.length && gone.bytes + size < room; cut++) size += weight(last.spans[cut]!);
  const dropped = last.spans.splice(0, cut);
  const size = dropped.reduce((sum, raw) => sum + weight(raw), 0);
  last.bytes -= size;
  return { bytes: gone.bytes + size, spans: gone.spans + dropped.length };
}

/** Decodes a trace to what is shown of it. */
export function openTrace({ id, spans: raw }: HeldTrace, full: boolean): Trace {
  const resources = new Map<Uint8Array, Resource>();
  const resourceOf = (bytes: Uint8Array): Resource => {
    const known = resources.get(bytes) ?? decodeResource(bytes);
    resources.set(bytes, known);
    return known;
  };
  const spans = raw.map(({ resource, span }) => briefOf(decodeSpan(span), resourceOf(resource), full));
  let start = 0n;
  let end = 0n;
  for (const span of spans) {
    if (span.start > 0n && (start === 0n || span.start < start)) start = span.start;
    if (span.end > end) end = span.end;
    if (span.start > end) end = span.start;
  }
  return { id, spans, start, end };
}
