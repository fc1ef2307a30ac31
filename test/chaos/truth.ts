import { gzipSync, zstdCompressSync } from 'node:zlib';
import { requestWithIds } from '../support/collector-proto.ts';
import { type Random, weighted } from '../support/random.ts';
import { agentDocument } from '../support/traces/agent.ts';

/** How a file is written. From `truncated` on it is one that must fail. */
export type Writing = (typeof writings)[number];

const writings = ['document', 'lines', 'gzip', 'zstd', 'protobuf', 'monocle', 'large', 'truncated', 'bomb', 'empty', 'table'] as const;

/** One file of the bucket. Its content follows from its number, its writing and its version: nothing is kept in memory. */
export type TrueFile = {
  readonly number: number;
  readonly source: string;
  readonly key: string;
  readonly writing: Writing;
  readonly spans: number;
  /** The collector refuses its first span, always. */
  readonly poisonous: boolean;
};

/** Why a file of such a writing fails; every other must be completed. */
export const failsWith: Readonly<Partial<Record<Writing, string>>> = {
  truncated: 'Truncated',
  bomb: 'ExpansionLimit',
  empty: 'EmptyFile',
  table: 'NotATraceFile',
};

const share: Readonly<Record<Writing, number>> = {
  document: 60,
  lines: 8,
  gzip: 10,
  zstd: 4,
  protobuf: 6,
  monocle: 8,
  large: 2,
  truncated: 0.5,
  bomb: 0.5,
  empty: 0.5,
  table: 0.5,
};

const extensions: Readonly<Partial<Record<Writing, string>>> = {
  gzip: '.json.gz',
  zstd: '.json.zst',
  protobuf: '.binpb',
  monocle: '.ndjson',
};

/** Files as teams write them, the first eleven one of each writing, and what is in them. */
export function trueFiles(random: Random, count: number, sources: readonly string[]): readonly TrueFile[] {
  return Array.from({ length: count }, (_, number) => {
    const writing = writings[number] ?? weighted(random, share);
    const source = random.pick(sources);
    const isGood = failsWith[writing] === undefined;
    return {
      number,
      source,
      key: `${source}/${String(random.int(28) + 1).padStart(2, '0')}/run-${number}${extensions[writing] ?? '.json'}`,
      writing,
      spans: writing === 'large' ? 1_000 + random.int(4_000) : 1 + random.int(5),
      poisonous: isGood && random.next() < 0.01,
    };
  });
}

/** The ids of the spans of one version of a file. No two contents share one. */
export const idsOf = ({ number, spans }: TrueFile, version = 0): readonly string[] =>
  Array.from({ length: spans }, (_, n) => `c${hex(number, 6)}${hex(version, 2)}${hex(n, 7)}`);

/** Which file a span is of. */
export const numberOf = (id: string): number => Number.parseInt(id.slice(1, 7), 16);
export const versionOf = (id: string): number => Number.parseInt(id.slice(7, 9), 16);

/** The one id of a poisonous file that the collector refuses. */
export const isPoison = (file: TrueFile, id: string): boolean => file.poisonous && id.endsWith('0000000');

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

let bomb: Uint8Array | undefined;

/** The bytes of one version of a file. */
export function bodyOf(file: TrueFile, version = 0): Uint8Array {
  const ids = idsOf(file, version);
  const document = () => agentDocument(ids, `agent-${file.number % 7}`);
  switch (file.writing) {
    case 'document':
    case 'large':
      return Buffer.from(document());
    case 'lines':
      return Buffer.from(ids.map((id) => agentDocument([id])).join('\n'));
    case 'gzip':
      return gzipSync(document());
    case 'zstd':
      return zstdCompressSync(document());
    case 'protobuf':
      return requestWithIds(ids);
    case 'monocle':
      return Buffer.from(ids.map(monocleLine).join('\n'));
    case 'truncated':
      return Buffer.from(document().slice(0, -20));
    case 'bomb':
      bomb ??= gzipSync(`{"resourceSpans":[${' '.repeat(70_000_000)}]}`);
      return bomb;
    case 'empty':
      return Buffer.from('\n'.repeat(file.number));
    case 'table':
      return Buffer.from(`trace_id,span_id\n${ids.join(',1\n')}`);
  }
}

const monocleLine = (id: string, index: number): string =>
  JSON.stringify({
    name: `workflow.step${index}`,
    context: { trace_id: '0x60ddafcc4ff72a3b9c5f9d3ff7b8e1a2', span_id: `0x${id}`, trace_state: '[]' },
    kind: 'SpanKind.INTERNAL',
    parent_id: null,
    start_time: '2025-02-28T16:51:13.265734Z',
    end_time: '2025-02-28T16:51:14.000001Z',
    status: { status_code: 'OK' },
    attributes: { 'span.type': 'inference', 'workflow.name': 'coffee_bot' },
    events: [],
    links: [],
    resource: { attributes: { 'service.name': 'coffee_bot' }, schema_url: '' },
  });
