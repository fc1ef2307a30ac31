import { describe, expect, test } from 'vitest';
import { plainEngine } from '../../../../src/transcode/engine.ts';
import type { CreateEngine } from '../../../../src/transcode/kernel.ts';
import { transcoder } from '../../../../src/transcode/transcode.ts';
import { createWasmEngine } from '../../../../src/transcode/wasm/engine.ts';
import { spansOf } from '../../../support/traces/decode.ts';
import { feed, type Outcome } from '../../../support/traces/feed.ts';
import { mutate, otlpJson } from '../../../support/traces/generate.ts';
import { randomFrom } from '../../../support/traces/random.ts';

/** Counts what the fast kernel takes, so that a test cannot pass by declining everything. */
let taken = 0;
const counted: CreateEngine = (sizes) => {
  const { buffers, fast } = createWasmEngine(sizes);
  if (!fast) throw new Error('this runtime has no WebAssembly SIMD');
  const spans: typeof fast.spans = (window, at, out) =>
    fast.spans(window, at, {
      ...out,
      count: (spans) => {
        taken += spans;
        out.count(spans);
      },
    });
  return { buffers, fast: { ...fast, spans } };
};

const fast = transcoder(counted);
const lenient = transcoder(plainEngine);

const meaning = ({ summary, failure, batches }: Outcome) => ({ summary, failure, spans: spansOf(batches.map(({ body }) => body)) });

async function compare(seed: number, content: Uint8Array): Promise<number> {
  const [one, other] = [await feed(content, { with: fast }), await feed(content, { with: lenient })];
  expect({ seed, ...meaning(one) }).toEqual({ seed, ...meaning(other) });
  return other.summary?.spans ?? 0;
}

describe('the fast kernel and the lenient one mean the same', { timeout: 30_000 }, () => {
  const seeds = Array.from({ length: 120 }, (_, i) => 1_000 + i);

  test('by files as writers make them', async () => {
    taken = 0;
    let spans = 0;
    for (const seed of seeds) spans += await compare(seed, Buffer.from(otlpJson(randomFrom(seed), false)));
    expect(taken).toBeGreaterThan(spans / 2);
  });

  test('by files with everything unusual in them', async () => {
    for (const seed of seeds) await compare(seed, Buffer.from(otlpJson(randomFrom(seed))));
  });

  test('by files with a few wrong bytes', async () => {
    for (const seed of seeds) {
      const random = randomFrom(seed);
      let content: Uint8Array = Buffer.from(otlpJson(random, random.chance(0.5)));
      for (let i = 0; i < 3; i++) {
        content = mutate(random, content);
        await compare(seed, content);
      }
    }
  });
});
