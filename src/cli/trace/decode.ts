import { type Field, fields, readVarint, varint } from '../../transcode/wire/fields.ts';
import { textOf } from '../../transcode/wire/utf8.ts';
import type { Resource, ResourceSpans, Span } from './otlp.ts';
import { type Message, type Rule, resource, resourceSpans, type Scalar, span } from './schema.ts';

/** The ResourceSpans of a serialized ExportTraceServiceRequest, one after the other. */
export function* decodeRequest(body: Uint8Array): Generator<ResourceSpans> {
  for (const bytes of members(body, 1)) yield decode(resourceSpans, bytes) as ResourceSpans;
}

/** A span as it stands in a request, and the resource above it; both are views of the body. */
export type RawSpan = { readonly resource: Uint8Array; readonly span: Uint8Array };

/** Every span of a request without decoding it. */
export function* rawSpans(body: Uint8Array): Generator<RawSpan> {
  for (const one of members(body, 1)) {
    const resource = Buffer.concat([...members(one, 1)]);
    for (const scope of members(one, 2)) for (const span of members(scope, 2)) yield { resource, span };
  }
}

export const decodeSpan = (bytes: Uint8Array): Span => decode(span, bytes) as Span;

export const decodeResource = (bytes: Uint8Array): Resource => decode(resource, bytes) as Resource;

/** The id of a span's trace in hex, and its times. */
export type Head = { readonly traceId: string; readonly start: bigint; readonly end: bigint };

/** What a span is sorted by, without decoding all of it. */
export function headOf(bytes: Uint8Array): Head {
  let traceId = '';
  let [start, end] = [0n, 0n];
  for (const field of fields(bytes)) {
    if (field.number === 1 && field.wire === 2) traceId = scalars.hex(bytes, field) as string;
    if (field.number === 7 && field.wire === 1) start = buffer(bytes).readBigUInt64LE(field.from);
    if (field.number === 8 && field.wire === 1) end = buffer(bytes).readBigUInt64LE(field.from);
  }
  return { traceId, start, end };
}

/** The contents of a field that is a message, each time it is there. */
function* members(bytes: Uint8Array, number: number): Generator<Uint8Array> {
  for (const field of fields(bytes)) if (field.number === number && field.wire === 2) yield bytes.subarray(field.from, field.to);
}

type Decoded = Record<string, unknown>;

/** A message as its JSON. What is unknown, or of another wire type than the field has, is passed over. */
function decode(message: Message, bytes: Uint8Array): Decoded {
  const found = new Map<Rule, unknown[]>();
  const parts = new Map<Rule, Uint8Array>();
  for (const field of fields(bytes)) {
    const rule = message.get(field.number);
    if (!rule || field.wire !== wireOf(rule.of)) continue;
    if (typeof rule.of === 'string') put(found, rule, scalars[rule.of](bytes, field));
    else {
      const part = bytes.subarray(field.from, field.to);
      if (rule.repeated) put(found, rule, decode(messageOf(rule.of), part));
      // A message that comes in several parts is the sum of them.
      else parts.set(rule, parts.has(rule) ? Buffer.concat([parts.get(rule)!, part]) : part);
    }
  }
  const decoded: Decoded = {};
  for (const rule of message.values()) {
    const part = parts.get(rule);
    const value = part && typeof rule.of !== 'string' ? decode(messageOf(rule.of), part) : settled(rule, found.get(rule));
    if (value !== undefined) decoded[rule.name] = value;
  }
  return decoded;
}

function put(found: Map<Rule, unknown[]>, rule: Rule, value: unknown): void {
  const values = found.get(rule);
  if (!values) found.set(rule, [value]);
  else if (rule.repeated) values.push(value);
  else values[0] = value;
}

function settled(rule: Rule, values: readonly unknown[] | undefined): unknown {
  if (!values) return rule.always;
  if (rule.repeated) return values;
  const [value] = values;
  return rule.presence || rule.always !== undefined || !defaults.has(value) ? value : undefined;
}

/** What proto3 does not tell from absent. */
const defaults: ReadonlySet<unknown> = new Set(['', 0, '0', false]);

const messageOf = (of: Message | (() => Message)): Message => (typeof of === 'function' ? of() : of);

const wires: Readonly<Record<Scalar, number>> = {
  string: 2,
  hex: 2,
  base64: 2,
  bool: 0,
  uint32: 0,
  enum: 0,
  int64: 0,
  fixed32: 5,
  fixed64: 1,
  double: 1,
};

const wireOf = (of: Rule['of']): number => (typeof of === 'string' ? wires[of] : 2);

const scalars: Readonly<Record<Scalar, (bytes: Uint8Array, field: Field) => unknown>> = {
  string: (bytes, { from, to }) => textOf(bytes.subarray(from, to)),
  hex: (bytes, { from, to }) => buffer(bytes).toString('hex', from, to),
  base64: (bytes, { from, to }) => buffer(bytes).toString('base64', from, to),
  bool: (bytes, { from, to }) => bytes.subarray(from, to).some((byte) => (byte & 0x7f) !== 0),
  uint32: (bytes, field) => low(bytes, field),
  enum: (bytes, field) => low(bytes, field) | 0,
  int64: (bytes, field) => {
    readVarint(bytes, field.from, field.to);
    return BigInt.asIntN(64, (BigInt(varint.high) << 32n) | BigInt(varint.value)).toString();
  },
  fixed32: (bytes, { from }) => buffer(bytes).readUInt32LE(from),
  fixed64: (bytes, { from }) => buffer(bytes).readBigUInt64LE(from).toString(),
  double: (bytes, { from }) => double(buffer(bytes).readDoubleLE(from)),
};

/** JSON has no word for these numbers; ProtoJSON has. */
function double(value: number): number | string {
  if (!Number.isFinite(value)) return String(value);
  return Object.is(value, -0) ? '-0' : value;
}

function low(bytes: Uint8Array, field: Field): number {
  readVarint(bytes, field.from, field.to);
  return varint.value;
}

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
