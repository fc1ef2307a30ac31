import type { Input, Settings, Summary, Transcode } from '../../transcode/port.ts';
import { type Brief, briefOf } from './brief.ts';
import { decodeResource, decodeSpan, type Head, headOf, type RawSpan, rawSpans } from './decode.ts';
import { type IdFilter, idFilter } from './idfilter.ts';
import type { Resource } from './otlp.ts';

export type Trace = Pick<HeldTrace, 'id' | 'start' | 'end' | 'lost'> & { readonly spans: readonly Brief[] };

/** A trace that is not decoded yet. Its spans are kept as bytes: most traces of a large file are never looked at. */
export type HeldTrace = {
  readonly id: string;
  /** Of all its spans, also of those that were let go of. */
  readonly start: bigint;
  readonly end: bigint;
  readonly spans: readonly RawSpan[];
  /** Spans of it that came first and did not fit into memory. */
  readonly lost: number;
};

export type Collected = {
  readonly summary: Summary;
  /** Oldest first. Each is whole, but for one that is larger than memory. */
  readonly traces: readonly HeldTrace[];
  /** Spans that were let go of, so that memory is bounded. */
  readonly letGo: number;
};

export type Wanted = {
  /** Beginning of the id of the only trace that is of interest. */
  readonly trace?: string;
  /** Bytes of spans held at once. */
  readonly mostBytes: number;
};

type Holding = { spans: RawSpan[]; start: bigint; end: bigint; lost: number; bytes: number };

/** Gathers the spans of a file by trace. Of a file with more than fits into memory the newest traces stay, each of them whole. */
export async function collectTraces(transcode: Transcode, input: Input, settings: Settings, wanted: Wanted): Promise<Collected> {
  const held = new Map<string, Holding>();
  let gone: IdFilter | undefined;
  let bytes = 0;
  let letGo = 0;

  const keep = ({ traceId, start, end }: Head, raw: RawSpan): void => {
    let trace = held.get(traceId);
    // What is left of a trace that was let go of would pass for a whole one.
    if (!trace && gone?.has(traceId)) {
      letGo++;
      return;
    }
    trace ??= { spans: [], start: 0n, end: 0n, lost: 0, bytes: 0 };
    held.set(traceId, trace);
    // A copy, so that a span does not keep its whole batch.
    trace.spans.push({ resource: raw.resource, span: Buffer.from(raw.span) });
    trace.bytes += weight(raw);
    bytes += weight(raw);
    if (start > 0n && (trace.start === 0n || start < trace.start)) trace.start = start;
    for (const time of [start, end]) if (time > trace.end) trace.end = time;
    if (bytes <= wanted.mostBytes) return;
    gone ??= idFilter();
    const room = letGoOfOldest(held, bytes - wanted.mostBytes / 2, gone);
    bytes -= room.bytes;
    letGo += room.spans;
  };

  const summary = await transcode(input, settings, ({ body }) => {
    for (const raw of rawSpans(body)) {
      const head = headOf(raw.span);
      if (wanted.trace === undefined || head.traceId.startsWith(wanted.trace)) keep(head, raw);
    }
  });
  const traces = [...held].map(([id, { spans, start, end, lost }]) => ({ id, spans, start, end, lost })).sort(byStart);
  return { summary, traces, letGo };
}

/** What a span takes: its bytes, and the objects around them. */
const weight = ({ span }: RawSpan): number => span.length + 200;

const byStart = (a: { readonly start: bigint }, b: { readonly start: bigint }): number =>
  a.start < b.start ? -1 : a.start > b.start ? 1 : 0;

/** Makes room for so many bytes: the oldest traces go; of the only one, its spans that came first. */
function letGoOfOldest(held: Map<string, Holding>, room: number, names: IdFilter): { readonly bytes: number; readonly spans: number } {
  const gone = { bytes: 0, spans: 0 };
  const oldest = [...held].map(([id, trace]) => ({ id, trace, start: trace.start })).sort(byStart);
  for (const { id, trace } of oldest.slice(0, -1)) {
    if (gone.bytes >= room) return gone;
    held.delete(id);
    names.add(id);
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
  last.lost += dropped.length;
  return { bytes: gone.bytes + size, spans: gone.spans + dropped.length };
}

/** Decodes a trace to what is shown of it. */
export function openTrace({ id, spans: raw, start, end, lost }: HeldTrace, full: boolean): Trace {
  const resources = new Map<Uint8Array, Resource>();
  const resourceOf = (bytes: Uint8Array): Resource => {
    const known = resources.get(bytes) ?? decodeResource(bytes);
    resources.set(bytes, known);
    return known;
  };
  const spans = raw.map(({ resource, span }) => briefOf(decodeSpan(span), resourceOf(resource), full));
  return { id, spans, start, end, lost };
}
