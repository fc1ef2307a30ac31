import { describe, expect, test } from 'vitest';
import { type Slice, sliceOf } from '../../../../src/stores/slices/grid.ts';
import { memory } from '../../../../src/stores/slices/memory.ts';

const minute = (n: number): Slice => sliceOf(`2026-11-20T10:${String(n).padStart(2, '0')}:00Z/PT1M`);
const span = (id: string, content = 'GET /cart') => ({ around: '[]', span: JSON.stringify({ id, content }) });
const KEEP = 15 * 60_000;

describe('the memory of what was delivered', () => {
  test('knows what was accepted, by content', () => {
    const { begin, accepted } = memory(KEEP);
    expect(begin(minute(0), 'pass-1').isRepeat(span('a'))).toBe(false);
    accepted(minute(0), 'pass-1');
    const { isRepeat } = begin(minute(1), 'pass-1');
    expect([isRepeat(span('a')), isRepeat(span('a', 'GET /cart, and its answer')), isRepeat(span('b'))]).toEqual([true, false, false]);
  });

  test('does not know what was read and not accepted', () => {
    const { begin } = memory(KEEP);
    begin(minute(0), 'pass-1').isRepeat(span('a'));
    expect(begin(minute(0), 'pass-1').isRepeat(span('a')), 'the next attempt').toBe(false);
    expect(begin(minute(1), 'pass-1').isRepeat(span('a')), 'another slice').toBe(false);
  });

  test('a pass that is read again brings what it has brought, and not what others have', () => {
    const { begin, accepted } = memory(KEEP);
    begin(minute(0), 'pass-1').isRepeat(span('a'));
    accepted(minute(0), 'pass-1');
    begin(minute(1), 'pass-1').isRepeat(span('b'));
    accepted(minute(1), 'pass-1');
    const { isRepeat } = begin(minute(1), 'pass-1');
    expect([isRepeat(span('b')), isRepeat(span('a'))]).toEqual([false, true]);
  });

  test('leaves out what one reading gives twice', () => {
    const { isRepeat } = memory(KEEP).begin(minute(0), 'pass-1');
    expect([isRepeat(span('a')), isRepeat(span('a'))]).toEqual([false, true]);
  });

  test('an acceptance that comes after the next slice has begun still counts', () => {
    const { begin, accepted } = memory(KEEP);
    begin(minute(0), 'pass-1').isRepeat(span('a'));
    begin(minute(1), 'pass-1').isRepeat(span('b'));
    accepted(minute(0), 'pass-1');
    expect(begin(minute(0), 'pass-2').isRepeat(span('a'))).toBe(true);
  });

  test('forgets a slice when newer ones have left it behind, by the time of slices and not of clocks', () => {
    const { begin, accepted } = memory(KEEP);
    const take = (n: number, id: string) => {
      const isRepeat = begin(minute(n), 'pass-1').isRepeat(span(id));
      accepted(minute(n), 'pass-1');
      return isRepeat;
    };
    take(0, 'a');
    take(15, 'b');
    expect(take(15, 'a'), 'fifteen minutes later').toBe(true);
    take(16, 'c');
    expect(take(16, 'a'), 'sixteen minutes later').toBe(false);
  });
});
