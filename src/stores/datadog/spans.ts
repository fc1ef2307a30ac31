import { z } from 'zod';
import { type Attributes, type Found, flattened, type Kind, noSpanId, noTraceId, put, type SpanEvent } from '../slices/otlp.ts';
import { nanosOf } from '../slices/time.ts';
import { resourceName, spanName } from './names.ts';

/** What is used of a span as the search gives it. Everything else of `custom` and `tags` goes along under its own name. */
const attributes = z.object({
  trace_id: z.string(),
  span_id: z.string(),
  parent_id: z.string().optional(),
  start_timestamp: z.string().optional(),
  end_timestamp: z.string().optional(),
  operation_name: z.string().optional(),
  resource_name: z.string().optional(),
  service: z.string().optional(),
  env: z.string().optional(),
  host: z.string().optional(),
  type: z.string().optional(),
  status: z.string().optional(),
  tags: z.array(z.string()).optional(),
  custom: z.record(z.string(), z.unknown()).optional(),
});

export const searchAnswer = z.object({
  data: z.array(z.object({ attributes })).nullish(),
  meta: z.object({ page: z.object({ after: z.string().nullish() }).nullish(), status: z.string().nullish() }).nullish(),
  links: z.object({ next: z.string().nullish() }).nullish(),
});

export type DatadogSpan = z.output<typeof attributes>;

/** The upper halves of trace ids, by the lower ones: only some spans of a trace tell it. */
export type UpperHalves = { readonly get: (lower: string) => string | undefined; readonly set: (lower: string, upper: string) => void };

export type Mapping = { readonly inferStepTypes: boolean; readonly upper: UpperHalves };

/** Spans of one page. */
export function mapped(page: readonly DatadogSpan[], mapping: Mapping): readonly Found[] {
  const flat = page.map((span) => ({ span, custom: new Map(flattened(span.custom ?? {})) }));
  for (const { span, custom } of flat) {
    const upper = upperIn(custom);
    if (upper !== undefined) mapping.upper.set(span.trace_id, upper);
  }
  return flat.map(({ span, custom }) => found(span, custom, mapping));
}

type Custom = ReadonlyMap<string, unknown>;

/** The upper half of the trace id, where this span tells it. */
function upperIn(custom: Custom): string | undefined {
  const upper = custom.get('_dd.p.tid');
  return typeof upper === 'string' && /^[0-9a-f]{16}$/i.test(upper) ? upper.toLowerCase() : undefined;
}

function found(span: DatadogSpan, custom: Custom, { inferStepTypes, upper }: Mapping): Found {
  const traceId = traceIdOf(span.trace_id, upperIn(custom) ?? upper.get(span.trace_id)) ?? noTraceId;
  const spanId = idOf(span.span_id) ?? noSpanId;
  const start = nanosOf(span.start_timestamp) ?? 0n;
  const end = endOf(span, custom, start);
  const isError = span.status === 'error' || custom.has('error.type') || custom.has('error.message') || custom.get('error') === 1;
  const message = errorText(custom, 'message') ?? errorText(custom, 'msg');
  const parent = span.parent_id === undefined || span.parent_id === '0' ? undefined : idOf(span.parent_id);
  const resource = resourceOf(span);
  return {
    resource,
    span: {
      traceId,
      spanId,
      parentSpanId: parent,
      name: span.operation_name ?? span.resource_name ?? 'span',
      kind: kindOf(span, custom),
      start,
      end,
      attributes: attributesOf(span, custom, resource, inferStepTypes, isError),
      ...(isError && { error: { message }, events: [exception(custom, message, end)] }),
    },
  };
}

/** Decimal, as Datadog writes them, or the hex digits of newer tracers. */
function idOf(id: string): string | undefined {
  if (/^\d{1,20}$/.test(id)) return hex(BigInt(id));
  return /^[0-9a-f]{16}$/i.test(id) ? id.toLowerCase() : undefined;
}

function traceIdOf(id: string, upper = '0'.repeat(16)): string | undefined {
  if (/^[0-9a-f]{32}$/i.test(id)) return id.toLowerCase();
  const lower = idOf(id);
  return lower && `${upper}${lower}`;
}

const hex = (id: bigint): string | undefined => (id > 0n && id < 1n << 64n ? id.toString(16).padStart(16, '0') : undefined);

/** Times have whole milliseconds, the duration has nanoseconds. */
function endOf({ end_timestamp }: DatadogSpan, custom: Custom, start: bigint): bigint {
  const duration = custom.get('duration');
  if (typeof duration === 'bigint') return start + duration;
  if (typeof duration === 'number' && duration >= 0) return start + BigInt(Math.round(duration));
  return nanosOf(end_timestamp) ?? start;
}

const byKind: Readonly<Record<string, Kind>> = {
  server: 'server',
  client: 'client',
  producer: 'producer',
  consumer: 'consumer',
  internal: 'internal',
};
const byType: Readonly<Record<string, Kind>> = { web: 'server', http: 'client' };

const kindOf = ({ type = '' }: DatadogSpan, custom: Custom): Kind =>
  byKind[String(custom.get('span.kind')).toLowerCase()] ?? byType[type] ?? 'internal';

/** Service, environment, version and host, then what tags know of where it ran. Spans that agree in it share a resource. */
function resourceOf({ service, env, host, tags = [], custom = {} }: DatadogSpan): Attributes {
  const resource: Attributes = new Map();
  put(resource, 'service.name', service);
  put(resource, 'deployment.environment.name', env ?? custom.env);
  put(resource, 'service.version', custom.version);
  put(resource, 'host.name', host);
  for (const [key, value] of tags.map(split)) put(resource, resourceName(key) ?? '', resourceName(key) && value);
  put(resource, 'cloud.provider', 'datadog');
  return resource;
}

function attributesOf(span: DatadogSpan, custom: Custom, resource: Attributes, inferStepTypes: boolean, isError: boolean): Attributes {
  const made: Attributes = new Map();
  put(made, 'cloud.trace_id', span.trace_id);
  put(made, 'datadog.trace.id', span.trace_id);
  put(made, 'datadog.span.id', span.span_id);
  put(made, 'dd.span.Resource', span.resource_name);
  put(made, 'datadog.span.type', span.type);
  for (const [key, value] of custom) {
    if (key === 'duration' || key === 'span.kind' || key === 'error' || key.startsWith('error.')) continue;
    const known = resourceName(key);
    if (known === undefined || !resource.has(known)) put(made, known ?? spanName(key), value);
  }
  for (const [key, values] of Map.groupBy((span.tags ?? []).map(split), ([key]) => key)) {
    if (resourceName(key) === undefined) put(made, spanName(key), values.length === 1 ? values[0]?.[1] : values.map(([, value]) => value));
  }
  if (inferStepTypes) put(made, 'spanferry.step.type', stepType(span.type, isError, made));
  return made;
}

/** "key:value" at the first colon; a tag without one is a name without a value. */
function split(tag: string): readonly [key: string, value: string] {
  const at = tag.indexOf(':');
  return at < 0 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)];
}

function stepType(type: string | undefined, isError: boolean, made: Attributes): string | undefined {
  if (isError) return 'error';
  if (type === 'llm' || [...made.keys()].some((key) => key.startsWith('gen_ai.'))) return 'llm';
  return type === 'web' || type === 'db' ? 'tool' : undefined;
}

function errorText(custom: Custom, name: string): string | undefined {
  const value = custom.get(`error.${name}`);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function exception(custom: Custom, message: string | undefined, time: bigint): SpanEvent {
  const attributes: Attributes = new Map();
  put(attributes, 'exception.type', errorText(custom, 'type'));
  put(attributes, 'exception.message', message);
  put(attributes, 'exception.stacktrace', errorText(custom, 'stack') ?? errorText(custom, 'stacktrace'));
  return { name: 'exception', time, attributes };
}
