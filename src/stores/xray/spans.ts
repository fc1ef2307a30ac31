import { isRecord, textIn } from '../fields.ts';
import {
  type Attributes,
  type Found,
  flattened,
  type Kind,
  noSpanId,
  noTraceId,
  put,
  type SpanEvent,
  type SpanLink,
} from '../slices/otlp.ts';
import { nanosOf, type Segment } from './document.ts';
import { ofResource, resourceOf } from './resource.ts';

export type Mapping = {
  /** Only segments of this service, where one is named. */
  readonly service?: string | undefined;
  readonly keepInferred: boolean;
  readonly inferStepTypes: boolean;
};

/** Where a segment stands: in which trace, and in what. */
type Place = {
  readonly native: string;
  readonly traceId: string;
  readonly parent?: string | undefined;
  readonly isRoot: boolean;
  readonly limited: boolean;
};

/** The spans of one segment: its own, and one for each subsegment. `limited` says that X-Ray has cut the trace. */
export function mapped(native: string, limited: boolean, segment: Segment, mapping: Mapping): readonly Found[] {
  const { service, keepInferred } = mapping;
  if (segment.inferred ? !keepInferred : service !== undefined && segment.name !== service) return [];
  const resource = resourceOf(segment);
  const place = { native, traceId: traceIdOf(native) ?? noTraceId, parent: idOf(segment.parent_id), isRoot: true, limited };
  return [...spansOf(segment, place, resource, mapping)];
}

function* spansOf(segment: Segment, place: Place, resource: Attributes, mapping: Mapping): Generator<Found> {
  const spanId = idOf(segment.id) ?? noSpanId;
  yield { resource, span: spanOf(segment, spanId, place, mapping) };
  for (const each of segment.subsegments ?? []) {
    if (each.inferred && !mapping.keepInferred) continue;
    yield* spansOf(each, { ...place, parent: spanId, isRoot: false }, resource, mapping);
  }
}

/** `1-58406520-a006649127e371903a2de979`: seconds, then a number. */
function traceIdOf(native: string): string | undefined {
  const [, seconds, rest] = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i.exec(native) ?? [];
  return seconds === undefined ? undefined : `${seconds}${rest}`.toLowerCase();
}

const idOf = (id: string | null | undefined): string | undefined => (id && /^[0-9a-f]{16}$/i.test(id) ? id.toLowerCase() : undefined);

function spanOf(segment: Segment, spanId: string, place: Place, { inferStepTypes }: Mapping): Found['span'] {
  const start = nanosOf(segment.start_time) ?? 0n;
  const end = nanosOf(segment.end_time);
  const kind = kindOf(segment, place.isRoot);
  const isError = segment.fault === true || segment.throttle === true || (segment.error === true && kind !== 'server');
  const attributes = attributesOf(segment, place);
  if (end === undefined) put(attributes, 'aws.xray.inprogress', true);
  if (inferStepTypes) put(attributes, 'spanferry.step.type', stepType(segment, isError, attributes));
  return {
    ...{
      traceId: place.traceId,
      spanId,
      parentSpanId: place.parent,
      name: segment.name ?? 'span',
      kind,
      start,
      end: end ?? start,
      attributes,
    },
    events: exceptionsOf(segment, end ?? start),
    links: linksOf(segment),
    ...(isError && { error: { message: typeof segment.cause === 'string' ? segment.cause : undefined } }),
  };
}

function kindOf({ namespace, http }: Segment, isRoot: boolean): Kind {
  if (namespace === 'aws' || namespace === 'remote') return 'client';
  return isRoot || http?.request?.client_ip ? 'server' : 'internal';
}

function attributesOf(segment: Segment, { native, limited }: Place): Attributes {
  const { http, aws, annotations, metadata, sql } = segment;
  const made: Attributes = new Map();
  put(made, 'cloud.trace_id', native);
  put(made, 'http.request.method', http?.request?.method);
  put(made, 'url.full', http?.request?.url);
  put(made, 'user_agent.original', http?.request?.user_agent);
  put(made, 'client.address', http?.request?.client_ip);
  put(made, 'aws.xray.x_forwarded_for', http?.request?.x_forwarded_for);
  put(made, 'http.response.status_code', http?.response?.status);
  put(made, 'http.response.body.size', http?.response?.content_length);
  for (const flag of ['fault', 'error', 'throttle'] as const) put(made, `aws.xray.${flag}`, segment[flag] || undefined);
  const call = Object.fromEntries(Object.entries(aws ?? {}).filter(([field]) => !ofResource.has(field)));
  for (const [key, value] of flattened(call, 'aws')) put(made, key === 'aws.retries' ? 'aws.xray.retries' : key, value);
  for (const [key, value] of Object.entries(annotations ?? {})) put(made, key, value);
  for (const [name, value] of Object.entries(metadata ?? {})) {
    put(
      made,
      `aws.xray.metadata.${name}`,
      JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner)),
    );
    if (name === 'default' && isRecord(value)) for (const [key, inner] of flattened(value)) put(made, key, inner);
  }
  put(made, 'db.query.text', textIn(sql, 'sanitized_query'));
  put(made, 'db.system.name', textIn(sql, 'database_type'));
  put(made, 'db.user', textIn(sql, 'user'));
  put(made, 'db.connection_string', textIn(sql, 'connection_string') ?? textIn(sql, 'url'));
  put(made, 'enduser.id', segment.user);
  put(made, 'aws.xray.inferred', segment.inferred || undefined);
  if (limited) put(made, 'aws.xray.limit_exceeded', true);
  return made;
}

/** One event for each exception, at the end of the span: X-Ray keeps no time of theirs. */
function exceptionsOf({ cause }: Segment, time: bigint): readonly SpanEvent[] {
  const exceptions = typeof cause === 'object' ? (cause?.exceptions ?? []) : [];
  return exceptions.map(({ type, message, stack }) => {
    const attributes: Attributes = new Map();
    put(attributes, 'exception.type', type);
    put(attributes, 'exception.message', message);
    if (stack?.length) {
      put(
        attributes,
        'exception.stacktrace',
        stack.map(({ label, path, line }) => `at ${label ?? '?'} (${path ?? '?'}:${line ?? 0})`).join('\n'),
      );
    }
    return { name: 'exception', time, attributes };
  });
}

function linksOf({ links }: Segment): readonly SpanLink[] {
  return (links ?? []).flatMap(({ trace_id, id, attributes }) => {
    const [traceId, spanId] = [traceIdOf(trace_id ?? ''), idOf(id)];
    if (traceId === undefined || spanId === undefined) return [];
    const made: Attributes = new Map();
    for (const [key, value] of Object.entries(attributes ?? {})) put(made, key, value);
    return [{ traceId, spanId, attributes: made }];
  });
}

function stepType({ namespace, http }: Segment, isError: boolean, attributes: Attributes): string | undefined {
  if (isError) return 'error';
  if ([...attributes.keys()].some((key) => key.startsWith('gen_ai.'))) return 'llm';
  return namespace === 'aws' || namespace === 'remote' || http ? 'tool' : undefined;
}
