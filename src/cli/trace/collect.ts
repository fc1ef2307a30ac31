import type { Input, Settings, Summary, Transcode } from '../../transcode/port.ts';
import { type Brief, briefOf } from './brief.ts';
import { decodeRequest } from './decode.ts';

export type Trace = { readonly id: string; readonly spans: readonly Brief[]; readonly start: bigint; readonly end: bigint };

export type Collected = {
  readonly summary: Summary;
  /** Oldest first. */
  readonly traces: readonly Trace[];
  /** Spans of older traces that were let go of, so that memory is bounded. */
  readonly letGo: number;
};

export type Wanted = { readonly full: boolean /** Beginning of the id of the only trace that is of interest. */; readonly trace?: string };

/** Spans held at once. With a kilobyte each that is what a small machine can spare. */
const MOST_SPANS = 200_000;

/** Reads a file into traces. Of a file with more spans than padded into memory the newest traces stay. */
export async function collectTraces(transcode: Transcode, input: Input, settings: Settings, wanted: Wanted): Promise<Collected> {
  const traces = new Map<string, Brief[]>();
  let held = 0;
  let letGo = 0;

  const keep = (brief: Brief): void => {
    const spans = traces.get(brief.traceId);
    if (spans) spans.push(brief);
    else traces.set(brief.traceId, [brief]);
    held++;
    if (held <= MOST_SPANS) return;
    const gone = forgetOldest(traces, MOST_SPANS / 2);
    held -= gone;
    letGo += gone;
  };

  const summary = await transcode(input, settings, ({ body }) => {
    for (const { resource, scopeSpans = [] } of decodeRequest(body)) {
      for (const span of scopeSpans.flatMap(({ spans = [] }) => spans)) {
        if (wanted.trace === undefined || span.traceId?.startsWith(wanted.trace)) keep(briefOf(span, resource, wanted.full));
      }
    }
  });
  return { summary, traces: [...traces].map(([id, spans]) => traceOf(id, spans)).sort(byStart), letGo };
}

function traceOf(id: string, spans: readonly Brief[]): Trace {
  let start = 0n;
  let end = 0n;
  for (const span of spans) {
    if (span.start > 0n && (start === 0n || span.start < start)) start = span.start;
    if (span.end > end) end = span.end;
    if (span.start > end) end = span.start;
  }
  return { id, spans, start, end };
}

const byStart = (a: Trace, b: Trace): number => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0);

/** Lets go of the oldest traces until no more than so many spans are left; of the last trace, of its newest spans. */
function forgetOldest(traces: Map<string, Brief[]>, most: number): number {
  const oldest = [...traces].map(([id, spans]) => traceOf(id, spans)).sort(byStart);
  const all = oldest.reduce((sum, { spans }) => sum + spans.length, 0);
  let left = all;
  for (const { id, spans } of oldest.slice(0, -1)) {
    if (left <= most) break;
    traces.delete(id);
    left -= spans.length;
  }
  const last = oldest.at(-1);
  if (left > 2 * most && last) {
    traces.get(last.id)!.length = 2 * most;
    left = 2 * most;
  }
  return all - left;
}
