import { describe, expect, test } from 'vitest';
import { lesson, newKeysComeLast, nothingLearned, type Order } from '../../../src/sources/order.ts';

const key = (n: number) => `run-${`${n}`.padStart(6, '0')}`;

/** Lists files, given as [number of the key, time of modification]. */
function listed(before: Order, files: readonly (readonly [number, number])[], from?: string): Order {
  const learning = lesson(before, from);
  for (const [n, time] of files) learning.matched(key(n), time);
  return learning.learned();
}

const inOrder = (count: number): [number, number][] => Array.from({ length: count }, (_, n) => [n, n]);

describe('what listings teach about where new keys come', () => {
  test('a tail starts a hundred files before the last', () => {
    expect(listed(nothingLearned, inOrder(1_000)).tailAfter).toBe(key(899));
    expect(listed(nothingLearned, inOrder(100)).tailAfter).toBeUndefined();
  });

  test('two listings whose news came last are proof', () => {
    const first = listed(nothingLearned, inOrder(1_000));
    const second = listed(first, inOrder(1_050));
    expect([newKeysComeLast(first), newKeysComeLast(second)]).toEqual([false, false]);
    expect(newKeysComeLast(listed(second, inOrder(1_060)))).toBe(true);
  });

  test('a listing without news proves nothing', () => {
    const first = listed(nothingLearned, inOrder(1_000));
    const third = listed(listed(first, inOrder(1_000)), inOrder(1_000));
    expect(newKeysComeLast(third)).toBe(false);
  });

  test('one late key takes the proof back', () => {
    const proven = [1_010, 1_020, 1_030].reduce((before, count) => listed(before, inOrder(count)), listed(nothingLearned, inOrder(1_000)));
    expect(newKeysComeLast(proven)).toBe(true);
    const late = inOrder(1_030).map(([n, time]): [number, number] => (n === 5 ? [n, 5_000] : [n, time]));
    expect(newKeysComeLast(listed(proven, late))).toBe(false);
  });

  test('a listing of the tail moves the tail on, and proves nothing', () => {
    const before = listed(nothingLearned, inOrder(1_000));
    const tail = inOrder(1_300).slice(900);
    expect(listed(before, tail, before.tailAfter)).toMatchObject({ tailAfter: key(1_199), newest: 1_299, proofs: 0 });
    expect(listed(before, tail.slice(0, 50), before.tailAfter).tailAfter).toBe(before.tailAfter);
  });

  test('no tail begins after a file that was left for later', () => {
    const learning = lesson(nothingLearned);
    for (let n = 0; n < 1_000; n++) {
      if (n === 500) learning.leftBehind('young');
      else learning.matched(key(n), n);
    }
    expect(learning.learned().tailAfter).toBe(key(499));
  });

  test('what found no room stays new', () => {
    const learning = lesson({ proofs: 1, newest: 10, tailAfter: key(0) });
    learning.leftBehind('no room');
    learning.matched(key(1), 20);
    expect(learning.learned()).toMatchObject({ newest: 10, proofs: 1 });
  });
});
