import type { Json } from './decode.ts';

/**
 * What an OTLP JSON document means, found out in the plainest way: JSON.parse, then field by field. For documents in common writing
 * only. It knows nothing of the transcoder, so it can judge it.
 */
export function meaningOf(document: string): Json[] {
  // Long numbers become strings, since JSON.parse would round them.
  const parsed = JSON.parse(document.replace(/(?<=":\s*)-?\d{10,}(?=[\s,}])/g, '"$&"')) as Fields;
  return list(parsed.resourceSpans).flatMap((group) =>
    list(group.scopeSpans).flatMap((scoped) =>
      list(scoped.spans).map((span) => ({
        around: without({
          resource: group.resource === undefined ? undefined : resource(group.resource as Fields),
          schemaUrl: group.schemaUrl,
        }),
        inner: without({ scope: scoped.scope === undefined ? undefined : scope(scoped.scope as Fields), schemaUrl: scoped.schemaUrl }),
        span: spanMeaning(span),
      })),
    ),
  );
}

type Fields = { [name: string]: unknown };

const list = (value: unknown): Fields[] => (value ?? []) as Fields[];

/** Without what a decoder does not show: absent fields, empty strings, zeros and empty lists. */
const without = (fields: Fields): { [name: string]: Json } =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== '' && value !== 0 && !(Array.isArray(value) && value.length === 0),
    ),
  ) as { [name: string]: Json };

const resource = (fields: Fields): Json => without({ attributes: pairs(fields.attributes) });
const scope = (fields: Fields): Json => without({ name: fields.name, version: fields.version, attributes: pairs(fields.attributes) });

const hex = (id: unknown): string | undefined =>
  typeof id !== 'string' || id === ''
    ? undefined
    : /^([0-9a-f]{16}|[0-9a-f]{32})$/i.test(id)
      ? id.toLowerCase()
      : Buffer.from(id, 'base64').toString('hex');

const time = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));

const spanMeaning = (span: Fields): Json =>
  without({
    ...span,
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    startTimeUnixNano: time(span.startTimeUnixNano),
    endTimeUnixNano: time(span.endTimeUnixNano),
    attributes: pairs(span.attributes),
    events: list(span.events).map((event) =>
      without({ ...event, timeUnixNano: time(event.timeUnixNano), attributes: pairs(event.attributes) }),
    ),
    links: list(span.links).map((link) =>
      without({ ...link, traceId: hex(link.traceId), spanId: hex(link.spanId), attributes: pairs(link.attributes) }),
    ),
    status: span.status === undefined ? undefined : without(span.status as Fields),
  });

const pairs = (attributes: unknown): Json[] =>
  list(attributes).map((each) => without({ key: each.key, value: value(each.value as Fields) }));

function value(any: Fields): Json {
  const [[member, content] = ['', undefined]] = Object.entries(any);
  switch (member) {
    case 'intValue':
      return { intValue: String(content) };
    case 'doubleValue':
      return { doubleValue: double(content) };
    case 'bytesValue':
      return { bytesValue: Buffer.from(content as string, 'base64').toString('hex') };
    case 'arrayValue':
      return { arrayValue: without({ values: list((content as Fields).values).map(value) }) };
    case 'kvlistValue':
      return { kvlistValue: without({ values: pairs((content as Fields).values) }) };
    default:
      return any as Json;
  }
}

const double = (content: unknown): Json =>
  Number.isFinite(Number(content)) ? (Object.is(content, -0) ? '-0' : Number(content)) : (content as string);
