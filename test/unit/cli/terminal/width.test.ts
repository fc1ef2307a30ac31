import { describe, expect, test } from 'vitest';
import { cut, padded, width, wrap } from '../../../../src/cli/terminal/width.ts';

test.each([
  ['', 0],
  ['agent.run', 9],
  ['é', 1],
  ['e\u0301', 1],
  ['東京', 4],
  ['ｶﾅ', 2],
  ['한국어', 6],
  ['🚀', 2],
  ['✈️', 2],
  ['🇯🇵', 2],
  ['👩‍👩‍👧‍👦', 2],
  ['├╴…·█▌', 6],
  ['＋', 2],
])('%s takes %d cells', (text, cells) => {
  expect(width(text)).toBe(cells);
});

describe('a text that is too long', () => {
  test.each([
    ['workflow.step', 8, 'workflo…'],
    ['workflow', 8, 'workflow'],
    ['東京タワー', 7, '東京タ…'],
    ['東京タワー', 6, '東京…'],
    ['東京', 1, '…'],
    ['🇯🇵🇯🇵🇯🇵', 4, '🇯🇵…'],
    ['anything', 0, ''],
    ['anything', 1, '…'],
  ])('%s in %d cells is %s', (text, cells, shown) => {
    expect(cut(text, cells)).toBe(shown);
    expect(width(cut(text, cells))).toBeLessThanOrEqual(cells);
  });
});

test('a column is as wide as it should be, on either side', () => {
  expect(padded('東京タワー', 8)).toBe('東京タ… ');
  expect(padded('1.2 s', 8, 'right')).toBe('   1.2 s');
});

test.each([
  ['the quick brown fox', 10, ['the quick', 'brown fox']],
  ['one\ntwo', 10, ['one', 'two']],
  ['abcdefghijkl', 5, ['abcde', 'fghij', 'kl']],
  ['東京タワーの予約', 6, ['東京タ', 'ワーの', '予約']],
  ['a  b', 10, ['a  b']],
  ['', 10, ['']],
])('%j wraps at %d', (text, cells, lines) => {
  expect(wrap(text, cells)).toEqual(lines);
});
