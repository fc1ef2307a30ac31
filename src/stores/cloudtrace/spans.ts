import { z } from 'zod';
import { textIn } from '../fields.ts';
import { type Attributes, type Found, type Kind, noSpanId, noTraceId, put, unreadable } from '../slices/otlp.ts';
import { nanosOf } from '../slices/time.ts';

const span = z.object({
  spanId: z.string(),
  kind: z.string().optional(),
  name: z.string().optional(),
  startTime: z.string().optional(),
  endTime: z.string().optional(),
  parentSpanId: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

/** Spans are looked at one by one: a strange one does not take the others along. */
const trace = z.object({ projectId: z.string().optional(), traceId: z.string(), spans: z.array(z.unknown()).optional() });

export const tracesAnswer = z.object({ traces: z.array(trace).nullish(), nextPageToken: z.string().nullish() });

export type CloudTrace = z.output<typeof trace>;
type CloudSpan = z.output<typeof span>;
type Labels = NonNullable<CloudSpan['labels']>;

const kinds: Readonly<Record<string, Kind>> = { RPC_SERVER: 'server', RPC_CLIENT: 'client' };

/** What labels are called by OpenTelemetry, for what belongs to the span. */
const ofSpan: Readonly<Record<string, string>> = {
  '/http/method': 'http.request.method',
  '/http/url': 'url.full',
  '/http/status_code': 'http.response.status_code',
  '/http/host': 'server.address',
  '/http/path': 'url.path',
  '/http/route': 'http.route',
  '/http/user_agent': 'user_agent.original',
  '/http/request/size': 'http.request.body.size',
  '/http/response/size': 'http.response.body.size',
};

/** The same for what belongs to the resource. */
const ofResource: Readonly<Record<string, string>> = {
  '/agent': 'telemetry.sdk.name',
  'g.co/gae/app/module': 'service.name',
  'g.co/gae/app/version': 'service.version',
  'g.co/gae/app/instance': 'service.instance.id',
};

/** Labels that name the service of a span, the first one first. */
export const serviceLabels = ['service.name', 'g.co/gae/app/module'] as const;

const serviceOf = ({ labels = {} }: CloudSpan): string | undefined =>
  serviceLabels.map((label) => labels[label]).find((name) => name !== undefined);

const own = (table: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

const resourceName = (label: string): string | undefined => own(ofResource, label) ?? (label.startsWith('service.') ? label : undefined);

/** All spans of a trace, or those of one service. */
export function mapped({ traceId, spans = [] }: CloudTrace, service: string | undefined, inferStepTypes: boolean): readonly Found[] {
  return spans.flatMap((each) => {
    const { success, data } = span.safeParse(each);
    if (!success) return unreadable(`span ${textIn(each, 'spanId') ?? ''} of ${traceId}`);
    return service === undefined || serviceOf(data) === service ? found(traceId, data, inferStepTypes) : [];
  });
}

function found(traceId: string, given: CloudSpan, inferStepTypes: boolean): Found {
  const { labels = {} } = given;
  const spanId = idOf(given.spanId) ?? noSpanId;
  const start = nanosOf(given.startTime) ?? 0n;
  const end = nanosOf(given.endTime) ?? start;
  const [name, message] = [labels['/error/name'], labels['/error/message']];
  const isException = name !== undefined || message !== undefined;
  const isError = isException || Number(labels['/http/status_code']) >= 500;
  const parent = given.parentSpanId === undefined || given.parentSpanId === '0' ? undefined : idOf(given.parentSpanId);
  const kind = kinds[given.kind ?? ''] ?? 'internal';
  const attributes = attributesOf(traceId, labels, isException);
  if (inferStepTypes) put(attributes, 'spanferry.step.type', stepType(kind, isError, attributes));
  return {
    resource: resourceOf(labels),
    span: {
      ...{
        traceId: /^[0-9a-f]{32}$/i.test(traceId) ? traceId.toLowerCase() : noTraceId,
        spanId,
        parentSpanId: parent,
        name: given.name ?? 'span',
        kind,
        start,
        end,
        attributes,
      },
      ...(isError && { error: { message } }),
      ...(isException && { events: [{ name: 'exception', time: end, attributes: exception(labels) }] }),
    },
  };
}

/** Cloud Trace writes ids of spans as decimal numbers of 64 bits. */
function idOf(id: string): string | undefined {
  const value = /^\d{1,20}$/.test(id) ? BigInt(id) : 0n;
  return value > 0n && value < 1n << 64n ? value.toString(16).padStart(16, '0') : undefined;
}

function resourceOf(labels: Labels): Attributes {
  const resource: Attributes = new Map();
  for (const label of serviceLabels) put(resource, 'service.name', labels[label]);
  for (const [label, value] of Object.entries(labels)) put(resource, resourceName(label) ?? '', resourceName(label) && value);
  put(resource, 'cloud.provider', 'gcp');
  return resource;
}

function attributesOf(traceId: string, labels: Labels, isException: boolean): Attributes {
  const attributes: Attributes = new Map();
  put(attributes, 'cloud.trace_id', traceId);
  for (const [label, value] of Object.entries(labels)) {
    if (resourceName(label) !== undefined) continue;
    if (isException && (label.startsWith('/error/') || label === '/stacktrace')) continue;
    put(attributes, own(ofSpan, label) ?? label, value);
  }
  return attributes;
}

function exception(labels: Labels): Attributes {
  const attributes: Attributes = new Map();
  put(attributes, 'exception.type', labels['/error/name']);
  put(attributes, 'exception.message', labels['/error/message']);
  put(attributes, 'exception.stacktrace', labels['/stacktrace']);
  return attributes;
}

function stepType(kind: Kind, isError: boolean, attributes: Attributes): string | undefined {
  if (isError) return 'error';
  if ([...attributes.keys()].some((key) => key.startsWith('gen_ai.'))) return 'llm';
  return kind === 'client' || kind === 'producer' ? 'tool' : undefined;
}
