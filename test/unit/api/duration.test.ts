import { describe, expect, test } from 'vitest';
import { duration, durationFrom, durationMs, parseDuration } from '../../../src/api/duration.ts';

const written: readonly [text: string, ms: number][] = [
  ['0s', 0],
  ['90s', 90_000],
  ['15m', 900_000],
  ['12h', 43_200_000],
  ['7d', 604_800_000],
  ['30d', 2_592_000_000],
  ['999999d', 86_399_913_600_000],
];

const refused = [
  '',
  's',
  '90',
  '1.5h',
  '1h30m',
  '-5m',
  '+5m',
  ' 5m',
  '5m ',
  '5m\n',
  '05m',
  '5M',
  '5ms',
  '1w',
  '1000000d',
  '٣m',
  '5__proto__',
];

describe('a duration', () => {
  test.each(written)('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(durationMs(text)).toBe(ms);
    expect(duration().safeParse(text).success).toBe(true);
  });

  test.each(refused)('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(duration().safeParse(text).success).toBe(false);
    expect(() => durationMs(text)).toThrow('write one number and one unit');
  });

  test.each([
    ['9s', false],
    ['0d', false],
    ['0m', false],
    ['10s', true],
    ['1m', true],
    ['1d', true],
  ])('as an interval of 10s or more, %s is taken: %s', (text, taken) => {
    expect(durationFrom(10, 'too short').safeParse(text).success).toBe(taken);
  });
});
