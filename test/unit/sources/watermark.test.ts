import { expect, test } from 'vitest';
import { watermark } from '../../../src/sources/watermark.ts';

const at = (time: string): number => Date.parse(`2026-11-20T${time}:00Z`);
const MINUTE = 60_000;

test('the watermark is the first slice that the ledger does not know', () => {
  const done = new Set<string>();
  let asked = 0;
  const upTo = watermark(MINUTE, (key) => {
    asked++;
    return done.has(key);
  });
  const finish = (...times: readonly string[]) => {
    for (const time of times) done.add(`2026-11-20T${time}:00Z/PT1M`);
  };
  expect(upTo(at('10:00'), at('11:00'))).toBe(at('10:00'));
  finish('10:00', '10:01', '10:03');
  expect(upTo(at('10:00'), at('11:00')), 'a later one does not count').toBe(at('10:02'));
  asked = 0;
  finish('10:02');
  expect(upTo(at('10:00'), at('11:00'))).toBe(at('10:04'));
  expect(asked, 'what is done is not asked for again').toBe(3);
});

test('it never passes the present, and goes back where the beginning does', () => {
  const upTo = watermark(5 * MINUTE, () => true);
  expect(upTo(at('10:02'), at('10:31'))).toBe(at('10:30'));
  const none = watermark(5 * MINUTE, () => false);
  expect([none(at('10:02'), at('11:00')), none(at('09:02'), at('11:00'))]).toEqual([at('10:00'), at('09:00')]);
});
