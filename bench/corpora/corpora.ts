import { genAiSpan, manySpans, proses, requestOf, smallSpan } from './spans.ts';

/** The five files that the speed of transcoding is judged by. The same seed gives the same bytes. */
export type Corpus = { readonly name: string; readonly spans: number; readonly bytes: () => Buffer };

const seed = 4;

const genAi = (count: number, prose: keyof typeof proses) =>
  requestOf(manySpans(seed, count, 8, (random, index, traceId) => genAiSpan(random, index, traceId, proses[prose])));

export const corpora: readonly Corpus[] = [
  { name: 'genai', spans: 2_000, bytes: () => Buffer.from(JSON.stringify(genAi(2_000, 'chat'))) },
  { name: 'cjk', spans: 1_600, bytes: () => Buffer.from(JSON.stringify(genAi(1_600, 'chineseChat'))) },
  { name: 'noesc', spans: 2_400, bytes: () => Buffer.from(JSON.stringify(genAi(2_400, 'words'))) },
  { name: 'small', spans: 20_000, bytes: () => Buffer.from(JSON.stringify(requestOf(manySpans(seed, 20_000, 10, smallSpan)))) },
  { name: 'pretty', spans: 2_000, bytes: () => Buffer.from(JSON.stringify(genAi(2_000, 'chat'), null, 2)) },
];
