import { expect, test } from 'vitest';
import { compareUtf8 } from '../../../src/stores/utf8-order.ts';

const cases: readonly [smaller: string, larger: string][] = [
  ['', 'a'],
  ['a', 'b'],
  ['a', 'aa'],
  ['Z', 'a'],
  ['z', 'é'],
  ['\uffff', '🚀'],
  ['\ud7ff', '\ue000'],
  ['\ue000', '🚀'],
  ['a🚀', 'a🚁'],
  ['a\uffff', 'a\u{10000}'],
];

test.each(cases)('%j comes before %j', (smaller, larger) => {
  expect(compareUtf8(smaller, larger)).toBeLessThan(0);
  expect(compareUtf8(larger, smaller)).toBeGreaterThan(0);
  expect(compareUtf8(larger, larger)).toBe(0);
});

test('it agrees with the bytes on many random keys', () => {
  const seed = Date.now() % 1_000_000;
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  const points = [0x41, 0x42, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x1f680, 0x10ffff];
  const key = () => Array.from({ length: random(5) }, () => String.fromCodePoint(points[random(points.length)]!)).join('');
  for (let n = 0; n < 5_000; n++) {
    const [a, b] = [key(), key()];
    expect(Math.sign(compareUtf8(a, b)), `seed ${seed}: ${JSON.stringify([a, b])}`).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }
});
