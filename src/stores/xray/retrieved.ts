import { z } from 'zod';
import { parseJson } from '../slices/json.ts';
import {
  type Attributes,
  type Found,
  flattened,
  type Kind,
  kinds,
  noSpanId,
  noTraceId,
  put,
  type SpanEvent,
  unreadable,
} from '../slices/otlp.ts';
import type { Mapping } from './spans.ts';

const nanos = z.union([z.bigint(), z.number(), z.string()]).nullish();
const record = z.record(z.string(), z.unknown()).nullish();

/** A span as CloudWatch keeps it where Transaction Search is on: that of OpenTelemetry, with attributes as plain members. */
const document = z.object({
  resource: z.object({ attributes: record }).nullish(),
  scope: z.object({ name: z.string().nullish(), version: z.string().nullish() }).nullish(),
  traceId: z.string().optional(),
  spanId: z.string().optional(),
  parentSpanId: z.string().nullish(),
  name: z.string().nullish(),
  kind: z.string().nullish(),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes: record,
  status: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  events: z.array(z.object({ name: z.string().nullish(), timeUnixNano: nanos, attributes: record })).nullish(),
});

/** A span that was retrieved; undefined where it belongs to another service. */
export function retrieved(native: string, id: string, text: string, { service }: Mapping): Found | undefined {
  const parsed = document.safeParse(parseJson(text));
  if (!parsed.success) return unreadable(`span ${id} of ${native}`);
  const span = parsed.data;
  const resource = attributesOf(span.resource?.attributes);
  put(resource, 'cloud.provider', 'aws');
  if (service !== undefined && span.resource?.attributes?.['service.name'] !== service) return undefined;
  const attributes = attributesOf(span.attributes);
  put(attributes, 'cloud.trace_id', native);
  const start = bigOf(span.startTimeUnixNano) ?? 0n;
  const isError = span.status?.code === 'ERROR';
  return {
    resource,
    scope: { name: span.scope?.name ?? undefined, version: span.scope?.version ?? undefined },
    span: {
      traceId: hexOf(span.traceId, 32) ?? noTraceId,
      spanId: hexOf(span.spanId, 16) ?? noSpanId,
      parentSpanId: hexOf(span.parentSpanId, 16),
      name: span.name ?? 'span',
      kind: kindOf(span.kind),
      start,
      end: bigOf(span.endTimeUnixNano) ?? start,
      attributes,
      events: (span.events ?? []).map(
        (event): SpanEvent => ({
          name: event.name ?? 'event',
          time: bigOf(event.timeUnixNano) ?? start,
          attributes: attributesOf(event.attributes),
        }),
      ),
      ...(isError && { error: { message: span.status?.message ?? undefined } }),
    },
  };
}

const hexOf = (id: string | null | undefined, digits: number): string | undefined =>
  id && id.length === digits && /^[0-9a-f]+$/i.test(id) ? id.toLowerCase() : undefined;

const bigOf = (value: z.output<typeof nanos>): bigint | undefined => (value && /^\d+$/.test(String(value)) ? BigInt(value) : undefined);

function kindOf(kind: string | null | undefined): Kind {
  const name = (kind ?? '').replace(/^SPAN_KIND_/, '').toLowerCase();
  return Object.hasOwn(kinds, name) ? (name as Kind) : 'internal';
}

function attributesOf(given: Readonly<Record<string, unknown>> | null | undefined): Attributes {
  const made: Attributes = new Map();
  for (const [key, value] of flattened(given ?? {})) put(made, key, value);
  return made;
}
