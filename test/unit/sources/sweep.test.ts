import { expect, test } from 'vitest';
import { sweeps } from '../../../src/sources/sweep.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const ledger = { namespace: 'ml-platform', name: 'checkout-agents' };
const days = (count: number) => new Date(now - count * 86_400_000).toISOString();

test.each([
  ['with its source stays', {}, true, []],
  ['whose source is gone is marked first', {}, false, [{ do: 'mark', since: days(0) }]],
  ['is kept for a week', { orphanedSince: days(6.9) }, false, []],
  ['is removed then', { orphanedSince: days(7) }, false, [{ do: 'remove' }]],
  ['whose source came back is kept', { orphanedSince: days(8) }, true, [{ do: 'unmark' }]],
  ['whose mark cannot be read is marked anew', { orphanedSince: 'yesterday' }, false, [{ do: 'mark' }]],
] as const)('a ledger %s', (_sentence, mark, hasSource, expected) => {
  expect(sweeps([{ ...ledger, ...mark }], () => hasSource, now)).toMatchObject(expected);
});
