import { describe, expect, test } from 'vitest';
import { limit } from '../../../src/delivery/limit.ts';
import { strikes } from '../../../src/delivery/strikes.ts';
import { turns } from '../../../src/delivery/turns.ts';
import { settled, virtualClock } from '../../support/virtual-clock.ts';

type Event = readonly ['pass' | 'fail', file: string, batch?: string];
const fail = (file: string, batch = `${file}#0`): Event => ['fail', file, batch];
const pass = (file: string, batch = `${file}#0`): Event => ['pass', file, batch];

describe('who pays for trouble', () => {
  test.each<[string, readonly Event[], boolean]>([
    ['nobody pays for an outage, however long', Array.from({ length: 50 }, (_, n) => fail(`file-${n % 3}`)), false],
    ['a file alone never pays', [fail('a'), fail('a'), fail('a'), fail('a')], false],
    ['who fails three times while others pass between pays', [fail('a'), pass('b'), fail('a'), pass('c'), fail('a')], true],
    ['two failures are not enough', [fail('a'), pass('b'), fail('a'), pass('c')], false],
    ['another pass must come between each of them', [pass('b'), fail('a'), fail('a'), pass('b'), fail('a')], false],
    ['an own pass with another batch is no pass of others', [fail('a'), pass('a', 'a#1'), fail('a'), pass('a', 'a#2'), fail('a')], false],
    [
      'nor does it wipe out the failures',
      [fail('a'), pass('b'), pass('a', 'a#1'), fail('a'), pass('c'), pass('a', 'a#1'), fail('a')],
      true,
    ],
    ['a pass of the batch itself does', [fail('a'), pass('b'), fail('a'), pass('a'), pass('b'), fail('a')], false],
  ])('%s', (_sentence, events, pays) => {
    const { passed, failed } = strikes();
    const play = ([what, file, batch = '']: Event): boolean => {
      if (what === 'fail') return failed(file, batch);
      passed(file, batch);
      return false;
    };
    expect(events.map(play).at(-1)).toBe(pays);
  });
});

describe('turns', () => {
  const signal = new AbortController().signal;

  test('an owner with many requests delays nobody', async () => {
    const { take } = turns(1);
    const served: string[] = [];
    const first = await take('big', signal);
    for (const owner of ['big', 'big', 'big', 'small', 'big', 'other']) {
      void take(owner, signal).then(async (end) => {
        served.push(owner);
        await settled();
        end();
      });
    }
    first();
    while (served.length < 6) await settled();
    expect(served).toEqual(['big', 'small', 'other', 'big', 'big', 'big']);
  });

  test('a turn is given back once, and not lost when its taker gives up', async () => {
    const { take } = turns(1);
    const end = await take('a', signal);
    const abort = new AbortController();
    const waiting = take('b', abort.signal);
    abort.abort(new Error('suspended'));
    await expect(waiting).rejects.toThrow('suspended');
    end();
    end();
    const next = await take('c', signal);
    let fourth = false;
    void take('d', signal).then(() => {
      fourth = true;
    });
    await settled();
    expect(fourth).toBe(false);
    next();
    await settled();
    expect(fourth).toBe(true);
  });
});

test('what was too large is not tried for ten minutes, then once more', async () => {
  const clock = virtualClock();
  const { forbids, learn } = limit(clock);
  expect(forbids(4_000_000)).toBe(false);
  learn(4_000_000);
  learn(2_000_000);
  expect([1_999_999, 2_000_000, 4_000_000].map(forbids)).toEqual([false, true, true]);
  await clock.advance(600_000);
  expect(forbids(4_000_000)).toBe(false);
  learn(3_000_000);
  expect([2_000_000, 3_000_000].map(forbids)).toEqual([false, true]);
});
