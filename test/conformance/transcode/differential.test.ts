import { describe, expect, test } from 'vitest';
import { spansOf } from '../../support/traces/decode.ts';
import { feed } from '../../support/traces/feed.ts';
import { monocleJson, otlpJson } from '../../support/traces/generate.ts';
import { meaningOf } from '../../support/traces/meaning.ts';
import { randomFrom } from '../../support/traces/random.ts';

const seeds = Array.from({ length: 40 }, (_each, index) => 1000 + index);

/** Documents in a row, apart. Generated documents hold no `}{` and no line break between fields that could be taken for an end. */
function documents(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === '{' && depth++ === 0) start = index;
    if (token === '}' && --depth === 0) found.push(text.slice(start, index + 1));
  }
  return found;
}

describe('generated files', () => {
  test.each(seeds)('common OTLP JSON of seed %d means what JSON.parse says', async (seed) => {
    for (let round = 0; round < 5; round++) {
      const text = otlpJson(randomFrom(seed * 100 + round), false);
      const { batches, failure, summary } = await feed(text);
      expect(failure).toBeUndefined();
      expect(summary?.rejected).toEqual([]);
      expect(spansOf(batches.map(({ body }) => body))).toEqual(documents(text).flatMap(meaningOf));
    }
  });

  test.each(seeds.slice(0, 10))('unusual OTLP JSON and Monocle of seed %d are the same in chunks and in small batches', async (seed) => {
    for (const text of [otlpJson(randomFrom(seed)), monocleJson(randomFrom(seed))]) {
      const whole = await feed(text);
      for (const chunk of [1, 7, 4096]) expect(await feed(text, { chunk })).toEqual(whole);
      const small = await feed(text, { settings: { maxBatchBytes: 16_384 } });
      expect(small.failure?.reason).toBe(whole.failure?.reason);
      if (whole.summary) expect(spansOf(small.batches.map(({ body }) => body))).toEqual(spansOf(whole.batches.map(({ body }) => body)));
    }
  });
});
