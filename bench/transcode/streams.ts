import type { Input } from '../../src/transcode/port.ts';
import { genAiSpan, manySpans, proses, resource, smallSpan } from '../corpora/spans.ts';

/** Files too large to keep: made while they are read, the same at every reading. */

const scope = { name: 'opentelemetry.instrumentation.openai_v2', version: '2.3.0' };
const schemaUrl = 'https://opentelemetry.io/schemas/1.34.0';

/** About 256 KB of spans, separated by commas, to be repeated. */
const block = (() => {
  const genai = manySpans(4, 40, 8, (random, index, traceId) => genAiSpan(random, index, traceId, proses.chat));
  return Buffer.from(genai.map((span) => JSON.stringify(span)).join(','));
})();

type Piece = { readonly bytes: Buffer; readonly times: number };

/** One document of about `size` bytes in one scope; the headers stand before the spans, or behind them. */
export function oneDocument(size: number, headers: 'before' | 'behind'): readonly Piece[] {
  const open = headers === 'before' ? `"resource":${JSON.stringify(resource)},` : '';
  const openScope = headers === 'before' ? `"scope":${JSON.stringify(scope)},` : '';
  const closeScope = headers === 'before' ? '' : `,"scope":${JSON.stringify(scope)}`;
  const close = headers === 'before' ? '' : `,"resource":${JSON.stringify(resource)}`;
  const times = Math.ceil(size / (block.length + 1)) - 1;
  return [
    { bytes: Buffer.from(`{"resourceSpans":[{${open}"scopeSpans":[{${openScope}"spans":[`), times: 1 },
    { bytes: Buffer.concat([block, Buffer.from(',')]), times },
    { bytes: block, times: 1 },
    { bytes: Buffer.from(`]${closeScope},"schemaUrl":"${schemaUrl}"}]${close},"schemaUrl":"${schemaUrl}"}]}`), times: 1 },
  ];
}

/** Documents of about 4 KB, one per line. */
export function smallDocuments(count: number): readonly Buffer[] {
  const spans = manySpans(4, count * 9, 9, smallSpan);
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(
      JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.slice(i * 9, i * 9 + 9), schemaUrl }] }] }),
    ),
  );
}

export function manyLines(size: number): readonly Piece[] {
  const lines = Buffer.concat(smallDocuments(256).flatMap((line) => [line, Buffer.from('\n')]));
  return [{ bytes: lines, times: Math.ceil(size / lines.length) }];
}

const sizeOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, { bytes, times }) => sum + bytes.length * times, 0);

/** The pieces as an input, in chunks as a network or a disk gives them. */
export function inputOf(pieces: readonly Piece[], chunk = 64 * 1024): Input {
  return {
    size: sizeOf(pieces),
    async *open(from) {
      let skip = from;
      for (const { bytes, times } of pieces) {
        for (let i = 0; i < times; i++) {
          const begin = Math.min(skip, bytes.length);
          skip -= begin;
          for (let at = begin; at < bytes.length; at += chunk) yield Buffer.from(bytes.subarray(at, at + chunk));
        }
      }
    },
  };
}

/** An input that is in memory already. */
export const inputFrom = (bytes: Uint8Array, chunk = 64 * 1024): Input => ({
  size: bytes.length,
  async *open(from) {
    for (let at = from; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  },
});
