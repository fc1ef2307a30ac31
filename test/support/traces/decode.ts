import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const protos = fileURLToPath(new URL('../../fixtures/proto/', import.meta.url));
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => `${protos}${target}`;
root.loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto');

/** The official type of a trace request. */
export const requestType = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What a request means: decoded by the official definitions, 64-bit numbers as text, bytes as hex. */
export function decodeRequest(body: Uint8Array): Json {
  return plain(requestType.toObject(requestType.decode(body), { longs: String, enums: Number, json: false }));
}

/** The same request from the hands of the official definitions: every length in it is as short as it can be. */
export const encodedAnew = (body: Uint8Array): Uint8Array => requestType.encode(requestType.decode(body)).finish();

/** All spans of some requests with their resource and scope, in order, however they were cut. */
export function spansOf(bodies: readonly Uint8Array[]): Json[] {
  return bodies.flatMap((body) => {
    const { resourceSpans = [] } = decodeRequest(body) as { resourceSpans?: Group[] };
    return resourceSpans.flatMap(({ scopeSpans = [], ...around }) =>
      scopeSpans.flatMap(({ spans = [], ...inner }) => spans.map((span): Json => ({ around, inner, span }))),
    );
  });
}

type Group = { [name: string]: Json } & { scopeSpans?: ({ [name: string]: Json } & { spans?: Json[] })[] };

function plain(value: unknown): Json {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return '-0';
  return value as Json;
}
