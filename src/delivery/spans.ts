import { fieldsOf, lengthPrefix } from './wire.ts';

// Field numbers of ExportTraceServiceRequest, ResourceSpans, ScopeSpans and Span.
const RESOURCE_SPANS = 1;
const SCOPE_SPANS = 2;
const SPANS = 2;
const TRACE_ID = 1;
const SPAN_ID = 2;

type Scope = { readonly resource: Resource; readonly head: readonly Uint8Array[] };
type Resource = { readonly head: readonly Uint8Array[] };
type Span = { readonly scope: Scope; readonly field: Uint8Array; readonly value: Uint8Array };

/** Where the spans of a serialized ExportTraceServiceRequest stand, in their order, and under which heads. Views, not copies. */
export type SpanIndex = readonly Span[];

/** Finds the spans of a request without decoding them. */
export function indexSpans(body: Uint8Array): SpanIndex {
  const spans: Span[] = [];
  for (const resourceSpans of fieldsOf(body)) {
    if (resourceSpans.number !== RESOURCE_SPANS) continue;
    const resource: { head: Uint8Array[] } = { head: [] };
    for (const field of fieldsOf(body, resourceSpans.valueStart, resourceSpans.end)) {
      if (field.number === SCOPE_SPANS) indexScope(body, field.valueStart, field.end, resource, spans);
      else resource.head.push(body.subarray(field.start, field.end));
    }
  }
  return spans;
}

function indexScope(body: Uint8Array, from: number, to: number, resource: Resource, spans: Span[]): void {
  const scope: { resource: Resource; head: Uint8Array[] } = { resource, head: [] };
  for (const field of fieldsOf(body, from, to)) {
    const bytes = body.subarray(field.start, field.end);
    if (field.number === SPANS) spans.push({ scope, field: bytes, value: body.subarray(field.valueStart, field.end) });
    else scope.head.push(bytes);
  }
}

/** A request with the spans `from` (included) to `to` (excluded) alone, each under the resource and scope it had. */
export function cut(spans: SpanIndex, from: number, to: number): Uint8Array {
  const resources: Uint8Array[] = [];
  for (const ofResource of runs(spans.slice(from, to), (span) => span.scope.resource)) {
    const parts = [...ofResource[0]!.scope.resource.head];
    for (const ofScope of runs(ofResource, (span) => span.scope)) {
      parts.push(message(SCOPE_SPANS, [...ofScope[0]!.scope.head, ...ofScope.map((span) => span.field)]));
    }
    resources.push(message(RESOURCE_SPANS, parts));
  }
  return Buffer.concat(resources);
}

/** Neighbours that have the same head. */
function runs(spans: SpanIndex, headOf: (span: Span) => unknown): readonly (readonly Span[])[] {
  const found: Span[][] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (last && headOf(last[0]!) === headOf(span)) last.push(span);
    else found.push([span]);
  }
  return found;
}

function message(fieldNumber: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([lengthPrefix(fieldNumber, length), ...parts]);
}

/** For people: "span 00f067aa0ba902b7 of trace 4bf92f3577b34da6a3ce929d0e0e4736". */
export function nameOf(span: Span): string {
  let [traceId, spanId] = ['', ''];
  for (const field of fieldsOf(span.value)) {
    if (field.number !== TRACE_ID && field.number !== SPAN_ID) continue;
    const hex = Buffer.from(span.value.subarray(field.valueStart, Math.min(field.end, field.valueStart + 16))).toString('hex');
    if (field.number === TRACE_ID) traceId = hex;
    else spanId = hex;
  }
  return `span ${spanId} of trace ${traceId}`;
}
