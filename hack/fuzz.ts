import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { requestType, spansOf } from '../test/support/traces/decode.ts';
import { feed, type Outcome } from '../test/support/traces/feed.ts';
import { monocleJson, mutate, otlpJson } from '../test/support/traces/generate.ts';
import { type Random, randomFrom } from '../test/support/traces/random.ts';

/**
 * Feeds the transcoder with files that are nearly right, for a while: it must never crash, hang or blame itself, never depend on
 * chunks or batch sizes, and only write what the official definitions can read. Prints the seed of what it finds.
 */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string' } } });
const firstSeed = Number(values.seed ?? Date.now() % 1_000_000_000);
const fixtures = new URL('../test/fixtures/traces/', import.meta.url);
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
  return undefined;
}

const spansIn = ({ batches }: Outcome) => spansOf(batches.map(({ body }) => body));
const rejectsLarge = ({ summary }: Outcome): boolean => (summary?.rejected ?? []).some(({ reason }) => reason === 'SpanTooLarge');

const until = performance.now() + Number(values.seconds) * 1000;
let seed = firstSeed;
let found = 0;
// A promise that nobody settles ends the process quietly; it shall not.
process.once('exit', () => {
  if (process.exitCode === undefined || process.exitCode === 13) console.error(`seed ${seed}: it never came to an end`);
});
for (; performance.now() < until && found < 5; seed++) {
  const input = inputFor(randomFrom(seed));
  const started = performance.now();
  const problem = await judge(input);
  const took = performance.now() - started;
  const slow = took > 5000 ? `took ${Math.round(took)} ms for ${input.length} bytes` : undefined;
  if (problem ?? slow) {
    found++;
    console.error(`seed ${seed}: ${problem ?? slow}`);
  }
}
console.log(`${seed - firstSeed} inputs from seed ${firstSeed}: ${found === 0 ? 'nothing found' : `${found} findings`}`);
process.exitCode = found === 0 ? 0 : 1;
