import { expect, test } from 'vitest';
import { counted, duration, iso, moment, size } from '../../../../src/cli/terminal/words.ts';

test.each([
  [0n, '0 s'],
  [340n, '340 ns'],
  [1_234n, '1.23 µs'],
  [12_400_000n, '12.4 ms'],
  [999_400_000n, '999 ms'],
  [999_600_000n, '1.00 s'],
  [12_345_678_901n, '12.3 s'],
  [60_000_000_000n, '1 min'],
  [200_000_000_000n, '3 min 20 s'],
  [7_500_000_000_000n, '2 h 5 min'],
  [180_000_000_000_000n, '2 d 2 h'],
])('%d ns are %s', (nanos, shown) => {
  expect(duration(nanos)).toBe(shown);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [4_210_000, '4.2 MB'],
  [123_456_789, '123 MB'],
  [2_800_000_000, '2.8 GB'],
])('%d bytes are %s', (bytes, shown) => {
  expect(size(bytes)).toBe(shown);
});

test('one is one', () => {
  expect([counted(1, 'span'), counted(1_204, 'span'), counted(2, 'span is', 'spans are')]).toEqual([
    '1 span',
    '1,204 spans',
    '2 spans are',
  ]);
});

test('a moment is exact to the nanosecond for programs, and to the millisecond for people', () => {
  expect(iso(1_544_712_661_999_999_999n)).toBe('2018-12-13T14:51:01.999999999Z');
  expect(moment(1_544_712_661_999_999_999n)).toBe('2018-12-13 14:51:01.999');
});

test('a time that no calendar has is shown as a number', () => {
  expect(iso(2n ** 64n - 1n)).toMatch(/^2554-/);
  expect(iso(10n ** 30n)).toBe(`${10n ** 30n} ns`);
});
