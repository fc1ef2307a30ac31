import { expect, test } from 'vitest';
import { heap } from '../../../src/control/heap.ts';
import { random, seedOf } from '../../support/random.ts';

test('a heap gives back what went in, the least first, and nothing that was swept away', () => {
  const seed = seedOf();
  console.log(`seed ${seed}`);
  const { int } = random(seed);
  const numbers = heap<number>((a, b) => a < b);
  const put = Array.from({ length: 1_000 }, () => int(500));
  for (const number of put) numbers.push(number);
  numbers.sweep((number) => number % 3 !== 0);
  const kept = put.filter((number) => number % 3 !== 0).sort((a, b) => a - b);
  expect(numbers.size()).toBe(kept.length);
  expect(kept.map(() => numbers.pop())).toEqual(kept);
  expect([numbers.peek(), numbers.pop(), numbers.size()]).toEqual([undefined, undefined, 0]);
});
