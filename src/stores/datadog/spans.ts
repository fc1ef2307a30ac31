import { z } from 'zod';
import { recordIn, textIn } from '../fields.ts';
import { type Attributes, type Found, flattened, type Kind, noSpanId, noTraceId, put, type SpanEvent, unreadable } from '../slices/otlp.ts';
import { nanosOf } from '../slices/time.ts';
import { resourceName, spanName } from './names.ts';

const given = <Value>(value: Value | null | undefined): Value | undefined => value ?? undefined;
const maybeText = z.string().nullish().transform(given);

/** What is used of a span as the search gives it. Everything else of `custom` and `tags` goes along under its own name. */
const attributes = z.object({
  trace_id: z.string(),
  span_id: z.string(),
  parent_id: maybeText,
  start_timestamp: maybeText,
  end_timestamp: maybeText,
  operation_name: maybeText,
  resource_name: maybeText,
  service: maybeText,
  env: maybeText,
  host: maybeText,
  type: maybeText,
  status: maybeText,
  tags: z.array(z.string()).nullish().transform(given),
  custom: z.record(z.string(), z.unknown()).nullish().transform(given),
});

/** Spans are looked at one by one: a strange one does not take the others along. */
export const searchAnswer = z.object({
  data: z.array(z.unknown()).nullish(),
  meta: z.object({ page: z.object({ after: z.string().nullish() }).nullish(), status: z.string().nullish() }).nullish(),
  links: z.object({ next: z.string().nullish() }).nullish(),
});

export type DatadogSpan = z.output<typeof attributes>;

/** The spans of a page, and what stands for those that cannot be read. */
export function spansIn(data: readonly unknown[]): { readonly spans: readonly DatadogSpan[]; readonly strange: readonly Found[] } {
  const [spans, strange]: [DatadogSpan[], Found[]] = [[], []];
  for (const item of data) {
    const parsed = attributes.safeParse(recordIn(item, 'attributes'));
    if (parsed.success) spans.push(parsed.data);
    else strange.push(unreadable(`span ${textIn(item, 'id') ?? ''}`));
  }
  return { spans, strange };
}

type Custom = ReadonlyMap<string, unknown>;

const customOf = ({ custom = {} }: DatadogSpan): Custom => new Map(flattened(custom));

/** The upper half of the trace id, where this span tells it: only some spans of a trace do. */
export function upperIn(span: DatadogSpan): string | undefined {
  const upper = customOf(span).get('_dd.p.tid');
  return typeof upper === 'string' && /^[0-9a-f]{16}$/i.test(upper) ? upper.toLowerCase() : undefined;
}

/** Whether all of the trace id is in its own field, as newer tracers write it. */
export const hasWholeId = ({ trace_id }: DatadogSpan): boolean => /^[0-9a-f]{32}$/i.test(trace_id);

/** A span in OTLP's words. `upper` is the upper half of its trace id, as far as anybody has told it. */
export function mapped(span: DatadogSpan, upper: string | undefined, inferStepTypes: boolean): Found {
  const custom = customOf(span);
  const traceId = traceIdOf(span.trace_id, upper) ?? noTraceId;
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
      events: exceptions(custom, message, end),
      ...(isError && { error: { message } }),
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
    if (key === 'duration' || key === 'span.kind' || isOfError(key, value)) continue;
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

/** The flag of an error, and what becomes its exception event. Whatever else an error block has stays an attribute. */
const isOfError = (key: string, value: unknown): boolean =>
  (key === 'error' && (value === 0 || value === 1)) ||
  (/^error\.(type|message|msg|stack|stacktrace)$/.test(key) && typeof value === 'string');

function errorText(custom: Custom, name: string): string | undefined {
  const value = custom.get(`error.${name}`);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A span that only says that it failed has no exception. */
function exceptions(custom: Custom, message: string | undefined, time: bigint): readonly SpanEvent[] {
  const attributes: Attributes = new Map();
  put(attributes, 'exception.type', errorText(custom, 'type'));
  put(attributes, 'exception.message', message);
  put(attributes, 'exception.stacktrace', errorText(custom, 'stack') ?? errorText(custom, 'stacktrace'));
  return attributes.size > 0 ? [{ name: 'exception', time, attributes }] : [];
}
