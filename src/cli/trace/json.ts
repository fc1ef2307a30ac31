import { iso } from '../terminal/words.ts';
import type { Brief } from './brief.ts';
import type { Trace } from './collect.ts';
import { treeOf } from './tree.ts';

/** A trace for programs: its spans in the order of the waterfall, each with its depth. */
export function traceJson({ id, spans, start, end, lost }: Trace): object {
  const { rows } = treeOf(spans);
  return {
    traceId: id,
    startTime: timeOf(start),
    durationMs: milliseconds(start, end),
    ...(lost > 0 ? { missingSpans: lost } : {}),
    spans: rows.flatMap(({ span, depth }) => (span ? [spanJson(span, depth)] : [])),
  };
}

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

function spanJson({ spanId, parentId, name, service, kind, start, end, ok, error, trouble, genAi }: Brief, depth: number): object {
  return {
    spanId,
    parentSpanId: parentId ?? null,
    depth,
    name,
    service,
    kind: kinds[kind] ?? String(kind),
    startTime: timeOf(start),
    durationMs: milliseconds(start, end),
    status: error ? 'ERROR' : ok ? 'OK' : 'UNSET',
    ...(trouble === undefined ? {} : { message: trouble }),
    ...(genAi ? { genAi } : {}),
  };
}

const timeOf = (nanos: bigint): string | null => (nanos === 0n ? null : iso(nanos));

const milliseconds = (start: bigint, end: bigint): number => (start === 0n || end < start ? 0 : Number(end - start) / 1e6);
