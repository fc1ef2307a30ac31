import { genAiSpan, manySpans, proses, requestOf, smallSpan } from './spans.ts';

/** The five files that the speed of transcoding is judged by. The same seed gives the same bytes. */
export type Corpus = { readonly name: string; readonly spans: number; readonly bytes: () => Buffer };

const seed = 4;

/** Batches of an SDK hold at most 512 spans; those of a service that talks to models hold fewer. */
const genAi = (count: number, { plain, packed }: (typeof proses)[keyof typeof proses]) =>
  requestOf(
    manySpans(seed, count, 8, (random, index, traceId) => genAiSpan(random, index, traceId, packed, plain)),
    128,
  );

const small = () => requestOf(manySpans(seed, 20_000, 10, smallSpan), 512);

export const corpora: readonly Corpus[] = [
  { name: 'genai', spans: 2_000, bytes: () => Buffer.from(JSON.stringify(genAi(2_000, proses.chat))) },
  { name: 'cjk', spans: 2_000, bytes: () => Buffer.from(JSON.stringify(genAi(2_000, proses.chinese))) },
  { name: 'noesc', spans: 2_000, bytes: () => Buffer.from(JSON.stringify(genAi(2_000, proses.words))) },
  { name: 'small', spans: 20_000, bytes: () => Buffer.from(JSON.stringify(small())) },
  { name: 'pretty', spans: 2_000, bytes: () => Buffer.from(JSON.stringify(genAi(2_000, proses.chat), null, 2)) },
];
