import { genAiSpan, manySpans, type Prose, proses, requestOf, smallSpan } from './spans.ts';

/**
 * The five files that the speed of transcoding is judged by. The same seed gives the same bytes. Their sizes and shapes are fixed so that
 * figures can be compared from release to release, and each is there for one thing that can be slow:
 * - genai, 10 MB: prompts as JSON in a string, 34 backslashes in 1,000 bytes. Escapes break up the copying.
 * - cjk, 14 MB: the same chats in Chinese. Every byte must be checked to be UTF-8.
 * - noesc, 9 MB: about the same without an escape: the most that copying gives.
 * - small, 7.7 MB: 20,000 spans of 385 bytes. Keys, ids and times are all there is.
 * - pretty, 13 MB: genai with an indent of two.
 */
export type Corpus = { readonly name: string; readonly spans: number; readonly bytes: () => Buffer };

const seed = 4;

/** Batches of an SDK hold at most 512 spans; those of a service that talks to models hold fewer. */
const genAi = (count: number, prose: Prose) =>
  requestOf(
    manySpans(seed, count, 8, (random, index, traceId) => genAiSpan(random, index, traceId, prose)),
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
