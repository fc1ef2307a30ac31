import type { HeaderKind, HeaderRun, SpanRun, SpanSink } from '../../../../src/transcode/kernel.ts';
import { createWasmEngine } from '../../../../src/transcode/wasm/engine.ts';
import { decode } from './otlp.ts';

const engine = createWasmEngine({ window: 256 * 1024, arena: 256 * 1024 });
if (!engine.fast) throw new Error('this runtime has no WebAssembly SIMD');
const fast = engine.fast;

export type Told = {
  readonly why: SpanRun['why'];
  readonly at: number;
  readonly spans: readonly Record<string, unknown>[];
  readonly count: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly traces: readonly string[];
  readonly bytes: Uint8Array;
};

const word = (value: number) => value.toString(16).padStart(8, '0');

function fill(json: string | Uint8Array, ended: boolean) {
  const content = typeof json === 'string' ? Buffer.from(json) : json;
  const bytes = engine.buffers.window();
  // What an earlier window left behind must never be read.
  bytes.fill(0x22);
  bytes.set(content);
  return { bytes, end: content.length, offset: 0, ended };
}

/** Runs the kernel over the elements of an array of spans, from the first element on, and decodes what it wrote. */
export function runSpans(json: string | Uint8Array, { ended = true, limit = 200 * 1024, at = 0 } = {}): Told {
  const arena = { bytes: engine.buffers.arena(), length: 0, limit };
  let count = 0;
  let first = 0xffff_ffff_ffff_ffffn;
  let last = 0n;
  const traces: string[] = [];
  const sink: SpanSink = {
    arena,
    count: (spans) => {
      count += spans;
    },
    times: (firstHigh, firstLow, lastHigh, lastLow) => {
      const start = (BigInt(firstHigh) << 32n) | BigInt(firstLow);
      const end = (BigInt(lastHigh) << 32n) | BigInt(lastLow);
      if (start < first) first = start;
      if (end > last) last = end;
    },
    traces: (ids, seen) => {
      for (let i = 0; i < seen * 4; i += 4) traces.push(Array.from(ids.subarray(i, i + 4), word).join(''));
    },
    leapt: () => {
      throw new Error('there is no seam');
    },
    reject: () => {
      throw new Error('the fast kernel never rejects');
    },
    warn: () => {
      throw new Error('the fast kernel never warns');
    },
  };
  const run = fast.spans(fill(json, ended), at, sink);
  const bytes = arena.bytes.slice(0, arena.length);
  const spans = (decode('ScopeSpans', bytes).spans ?? []) as Record<string, unknown>[];
  return { why: run.why, at: run.at, spans, count, first, last, traces, bytes };
}

export function runHeader(json: string, kind: HeaderKind, ended = true): HeaderRun {
  return fast.header(fill(json, ended), 0, kind);
}

export const traceId = '5b8efff798038103d269b633813fc60c';
export const spanId = 'eee19b7ec3c1b174';

/** A span of a checkout agent, with more fields or other ones. */
export const span = (fields: Record<string, unknown> = {}) => ({
  traceId,
  spanId,
  name: 'chat gpt-4o',
  startTimeUnixNano: '1750000000000000001',
  endTimeUnixNano: '1750000000250000003',
  ...fields,
});

export const spanText = (more: string) => `${JSON.stringify(span()).slice(0, -1)}${more && `,${more}`}}]`;
