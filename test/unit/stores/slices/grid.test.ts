import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../../src/api/failure.ts';
import { passDue, type Schedule, sliceFiles, sliceOf } from '../../../../src/stores/slices/grid.ts';

const MINUTE = 60_000;
const at = (time: string): number => Date.parse(`2026-11-20T${time}Z`);
const schedule: Schedule = { lengthMs: MINUTE, settleMs: 2 * MINUTE, overlapMs: 10 * MINUTE, reachMs: 60 * MINUTE };
const listed = (now: string, options = {}, its = schedule) => [...sliceFiles(its, at(now), options)];

describe('the grid of slices', () => {
  test('does not depend on when it is looked at', () => {
    const keys = (now: string) => listed(now).map(({ key }) => key);
    expect(keys('10:30:00').at(-1)).toBe('2026-11-20T10:27:00Z/PT1M');
    expect(keys('10:30:59').at(-1)).toBe('2026-11-20T10:27:00Z/PT1M');
    expect(keys('10:31:00').at(-1)).toBe('2026-11-20T10:28:00Z/PT1M');
  });

  test('reaches as far back as the platform remembers, and never across a start that is given', () => {
    expect(listed('10:30:00')).toHaveLength(58);
    expect(listed('10:30:00', { notBefore: at('10:20:00') })[0]?.key).toBe('2026-11-20T10:19:00Z/PT1M');
    expect(listed('10:30:00', { startAfter: '2026-11-20T10:25:00Z/PT1M' }).map(({ key }) => key)).toEqual([
      '2026-11-20T10:26:00Z/PT1M',
      '2026-11-20T10:27:00Z/PT1M',
    ]);
    expect(listed('10:30:00', { prefix: '2026-11-20T09:4' })).toHaveLength(10);
  });

  test.each([
    ['before it has settled', '10:02:59', undefined],
    ['once it has settled', '10:03:00', 'pass-1'],
    ['until the overlap is over', '10:12:59', 'pass-1'],
    ['once the overlap is over', '10:13:00', 'pass-2'],
  ])('a slice that ends at 10:01 is due %s: %s', (_sentence, now, version) => {
    expect(passDue(sliceOf('2026-11-20T10:00:00Z/PT1M'), schedule, at(now))).toBe(version);
  });

  test('without an overlap a slice is read once', () => {
    const versions = listed('10:30:00', {}, { ...schedule, overlapMs: 0 }).map(({ version }) => version);
    expect(new Set(versions)).toEqual(new Set(['pass-2']));
  });

  test('a key says from when to when, and what is none says so', () => {
    expect(sliceOf('2026-11-20T10:00:00Z/PT5M')).toMatchObject({ from: at('10:00:00'), to: at('10:05:00') });
    expect(failureOf(thrownBy(() => sliceOf('agents/run.json')))).toMatchObject({ reason: 'Deleted' });
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (thrown) {
    return thrown;
  }
}
