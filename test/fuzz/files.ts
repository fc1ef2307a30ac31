import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { defaultSettings } from '../../src/transcode/port.ts';
import { transcodeMany } from '../../src/transcode/transcode.ts';
import { requestType, spansOf } from '../support/traces/decode.ts';
import { feed, type Outcome } from '../support/traces/feed.ts';
import { monocleJson, mutate, otlpJson } from '../support/traces/generate.ts';
import type { Random } from '../support/traces/random.ts';
import type { Subject } from './subject.ts';

const fixtures = new URL('../fixtures/traces/', import.meta.url);
const files = readdirSync(fixtures)
  .filter((name) => !name.includes('.expected.'))
  .map((name) => readFileSync(new URL(name, fixtures)));

function inputFor(random: Random): Uint8Array {
  const content = random.pick([() => Buffer.from(otlpJson(random)), () => Buffer.from(monocleJson(random)), () => random.pick(files)])();
  const bad = random.chance(0.8) ? mutate(random, content) : content;
  return random.pick([
    () => bad,
    () => bad,
    () => bad,
    () => gzipSync(bad),
    () => zstdCompressSync(bad),
    () => mutate(random, gzipSync(bad)),
  ])();
}

/** What is wrong with the outcomes of one input, or nothing. */
async function judge(input: Uint8Array): Promise<string | undefined> {
  const whole = await feed(input);
  if (whole.failure?.reason === 'InternalError') return `InternalError: ${whole.failure.message}`;
  for (const { body } of whole.batches) {
    const problem = requestType.verify(requestType.toObject(requestType.decode(body)));
    if (problem) return problem;
  }
  for (const chunk of [1, 7, 4096])
    if (!isDeepStrictEqual(await feed(input, { chunk }), whole)) return `chunks of ${chunk} bytes change the outcome`;
  const small = await feed(input, { settings: { maxBatchBytes: 2048 } });
  if (small.failure?.reason !== whole.failure?.reason) return 'small batches change the failure';
  if (whole.summary && small.summary && !rejectsLarge(small) && !isDeepStrictEqual(spansIn(small), spansIn(whole)))
    return 'small batches change the spans';
  return twice(input, whole);
}

/** Two of a kind in one job mean what each means alone. */
async function twice(input: Uint8Array, { summary, failure, batches }: Outcome): Promise<string | undefined> {
  const bodies: Uint8Array[] = [];
  const results = await transcodeMany([{ bytes: input }, { bytes: input }], defaultSettings, ({ body }) => void bodies.push(body));
  for (const result of results) {
    if (result.state === 'large') return batches.length > 1 ? undefined : 'as one of many it is too large';
    if (result.state === 'failed' && result.failure.reason !== failure?.reason) return 'as one of many it fails otherwise';
    if (result.state === 'done' && !isDeepStrictEqual(result.summary, summary)) return 'as one of many it is told otherwise';
  }
  const alone = summary ? spansOf(batches.map(({ body }) => body)) : [];
  return isDeepStrictEqual(spansOf(bodies), [...alone, ...alone]) ? undefined : 'as one of many it means something else';
}

/** Documents that repeat mean what they mean where the text between them never repeats; the last one may be nearly right. */
async function again(random: Random): Promise<string | undefined> {
  const document = Buffer.from(otlpJson(random));
  const last = random.chance(0.5) ? mutate(random, document) : document;
  const separated = (by: (index: number) => string) =>
    Buffer.concat([...Array.from({ length: 8 }, (_, index) => Buffer.concat([document, Buffer.from(by(index))])), last]);
  const settings = { maxBatchBytes: random.pick([2048, defaultSettings.maxBatchBytes]) };
  const [one, other] = [
    await feed(
      separated(() => '\n'),
      { settings },
    ),
    await feed(
      separated((i) => '\n'.repeat(1 + (i % 2))),
      { settings },
    ),
  ];
  if (one.failure?.reason !== other.failure?.reason) return 'documents that repeat fail otherwise';
  if (one.summary?.rejectedSpans !== other.summary?.rejectedSpans) return 'documents that repeat reject otherwise';
  return isDeepStrictEqual(bodiesIn(one), bodiesIn(other)) ? undefined : 'documents that repeat mean something else';
}

const bodiesIn = ({ batches }: Outcome) => batches.map(({ body }) => Buffer.from(body));
const spansIn = ({ batches }: Outcome) => spansOf(batches.map(({ body }) => body));
const rejectsLarge = ({ summary }: Outcome): boolean => (summary?.rejected ?? []).some(({ reason }) => reason === 'SpanTooLarge');

/**
 * Files that are nearly right: the transcoder must never crash or blame itself, never depend on chunks or batch sizes, and only write what
 * the official definitions can read.
 */
export const traceFiles: Subject = { name: 'files', take: async (random) => (await judge(inputFor(random))) ?? again(random) };
