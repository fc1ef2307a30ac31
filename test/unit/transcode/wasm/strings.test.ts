import { describe, expect, test } from 'vitest';
import { type Random, randomFrom } from '../../../support/traces/random.ts';
import { runSpans, spanText } from './driver.ts';

/** Pieces of the text between quotes: runs of plain bytes, and escapes near and far from one another. */
const plain = (random: Random) => 'words and 代理 '.repeat(8).slice(0, random.below(90));
const pieces: readonly ((random: Random) => string)[] = [
  plain,
  (random) => plain(random).slice(0, random.below(3)),
  (random) => random.pick(['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t']).repeat(1 + random.below(5)),
  (random) =>
    random.pick(['\\\\n', '\\"}]},{\\"role\\":\\"user\\",\\"parts\\":[{\\"type\\":\\"text\\",\\"content\\":\\"', '\\\\\\"', '\\\\\\\\n']),
  (random) => random.pick(['\\u0041', '\\u00e9', '\\u4ee3', '\\ud83d\\ude80', '\\u0000']).repeat(1 + random.below(3)),
];
const broken = ['\\x', '\\u12g4', '\\ud83d', '\\ude80', '\n', '\\\n', '\\\u0000'] as const;

const textOf = (random: Random, dense: boolean): string =>
  random.times(dense ? 60 : 8, () => random.pick(dense ? pieces.slice(1) : pieces)(random)).join('');

const document = (text: string): string => spanText(`"attributes":[{"key":"k","value":{"stringValue":"${text}"}}]`);

describe('strings in the fast kernel', () => {
  const seed = 20_261_127;
  test.each([
    ['with escapes here and there', false],
    ['that are mostly escapes', true],
  ])(`%s mean what JSON.parse makes of them (seed ${seed})`, (_how, dense) => {
    const random = randomFrom(seed);
    for (let i = 0; i < 3_000; i++) {
      const text = textOf(random, dense);
      const { why, spans } = runSpans(document(text));
      expect(why, text).toBe('end');
      expect(spans[0]?.attributes, text).toEqual([{ key: 'k', value: { stringValue: JSON.parse(`"${text}"`) } }]);
    }
  });

  test(`are declined, and nothing of them is written, where an escape is unknown or cut (seed ${seed})`, () => {
    const random = randomFrom(seed);
    for (let i = 0; i < 1_500; i++) {
      const text = `${textOf(random, i % 2 === 0)}${random.pick(broken)}${textOf(random, i % 3 === 0)}`;
      expect(runSpans(document(text)), text).toMatchObject({ why: 'declined', count: 0, bytes: { length: 0 } });
    }
  });
});
