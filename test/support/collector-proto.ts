import protobuf from 'protobufjs';

/** As much of the OTLP schema as a collector needs to count spans; field numbers from opentelemetry-proto 1.x. */
const schema = protobuf.parse(`
  syntax = "proto3";
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
  message Scope { string name = 1; string version = 2; }
  message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; repeated KeyValue attributes = 9; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { string string_value = 1; }
  message ExportTraceServiceResponse { PartialSuccess partial_success = 1; }
  message PartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
  message Status { int32 code = 1; string message = 2; }
`).root;

const requestType = schema.lookupType('ExportTraceServiceRequest');
const responseType = schema.lookupType('ExportTraceServiceResponse');
const statusType = schema.lookupType('Status');

/** One span as it stood in a request, with the heads it stood under. */
export type SeenSpan = {
  readonly id: string;
  readonly traceId: string;
  readonly parentId: string;
  readonly name: string;
  readonly service: string;
  readonly scope: string;
  readonly schemaUrl: string;
};

type Decoded = {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[] };
    readonly schemaUrl: string;
    readonly scopeSpans: readonly {
      readonly scope?: { readonly name: string };
      readonly spans: readonly {
        readonly traceId: Uint8Array;
        readonly spanId: Uint8Array;
        readonly parentSpanId: Uint8Array;
        readonly name: string;
      }[];
    }[];
  }[];
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** All spans of a serialized ExportTraceServiceRequest, in order. Throws where it is none. */
export function decodeSpans(body: Uint8Array): readonly SeenSpan[] {
  const { resourceSpans } = requestType.toObject(requestType.decode(body), { arrays: true, defaults: true }) as Decoded;
  return resourceSpans.flatMap(({ resource, schemaUrl, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map(({ traceId, spanId, parentSpanId, name }) => ({
        id: hex(spanId),
        traceId: hex(traceId),
        parentId: hex(parentSpanId),
        name,
        service: resource?.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '',
        scope: scope?.name ?? '',
        schemaUrl,
      })),
    ),
  );
}

export const encodePartialSuccess = (rejectedSpans: number, errorMessage: string): Uint8Array =>
  responseType.encode(responseType.fromObject({ partialSuccess: { rejectedSpans, errorMessage } })).finish();

export const encodeStatus = (code: number, message: string): Uint8Array =>
  statusType.encode(statusType.fromObject({ code, message })).finish();

/** The id of the n-th span of a test: 16 hex digits. */
export const spanId = (n: number): string => (n + 1).toString(16).padStart(16, '0');
export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

/** A request with spans `from` to `to`. */
export const requestWithSpans = (from: number, to: number, nameLength?: number): Uint8Array =>
  requestWithIds(
    Array.from({ length: to - from }, (_, i) => spanId(from + i)),
    nameLength,
  );

/** A request with a span for each id, spread over two services with two scopes each, as an agent and its tools write them. */
export function requestWithIds(ids: readonly string[], nameLength = 12): Uint8Array {
  const share = Math.ceil(ids.length / 4);
  const part = (n: number) =>
    ids.slice(n * share, (n + 1) * share).map((id) => ({
      traceId: Buffer.from(TRACE_ID, 'hex'),
      spanId: Buffer.from(id, 'hex'),
      name: 'invoke_agent'.padEnd(nameLength, '.'),
    }));
  const service = (name: string, first: number) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: name } }] },
    schemaUrl: 'https://opentelemetry.io/schemas/1.37.0',
    scopeSpans: [
      { scope: { name: 'langgraph', version: '1.0.2' }, spans: part(first) },
      { scope: { name: 'openai' }, spans: part(first + 1) },
    ],
  });
  return requestType.encode(requestType.fromObject({ resourceSpans: [service('checkout', 0), service('refunds', 2)] })).finish();
}

/** The same as a batch of delivery. */
export const batchWithSpans = (from: number, to: number, nameLength?: number) => ({
  index: 0,
  body: requestWithSpans(from, to, nameLength),
  spans: to - from,
});
