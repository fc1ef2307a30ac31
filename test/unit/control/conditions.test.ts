import { describe, expect, test } from 'vitest';
import type { Condition } from '../../../src/api/conditions.ts';
import { clearConditions, markReady, markReconciling, markStalled, setCondition } from '../../../src/control/conditions.ts';
import { type KStatus, kstatus } from '../../support/kstatus.ts';

const noon = Date.parse('2026-11-20T12:00:00.789Z');
const later = noon + 60_000;

const ready: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'UpToDate',
  message: 'every file is ferried',
  lastTransitionTime: '2026-11-20T12:00:00Z',
  observedGeneration: 1,
};
const observed = { type: 'Ready', status: 'True', reason: 'UpToDate', message: 'every file is ferried' } as const;

describe('a condition', () => {
  test('is added with the time to the second', () => {
    expect(setCondition([], observed, { now: noon, generation: 1 })).toEqual([ready]);
  });

  const changes: readonly [sentence: string, change: Partial<Condition>, generation: number, lastTransitionTime: string][] = [
    ['moves its time when the status changes', { status: 'False' }, 1, '2026-11-20T12:01:00Z'],
    ['keeps its time when only the reason changes', { reason: 'Scanning' }, 1, '2026-11-20T12:00:00Z'],
    ['keeps its time when only the message changes', { message: '3 files to go' }, 1, '2026-11-20T12:00:00Z'],
    ['keeps its time when a new generation gives the same result', {}, 2, '2026-11-20T12:00:00Z'],
  ];
  test.each(changes)('%s', (_sentence, change, generation, lastTransitionTime) => {
    const [after] = setCondition([ready], { ...observed, ...change }, { now: later, generation });
    expect(after).toEqual({ ...ready, ...change, observedGeneration: generation, lastTransitionTime });
  });

  test('that says the same again leaves the very same list, so nothing is written', () => {
    const list = [ready];
    expect(setCondition(list, observed, { now: later, generation: 1 })).toBe(list);
    expect(clearConditions(list, 'Stalled')).toBe(list);
    expect(markReady(list, observed, { now: later, generation: 1 })).toBe(list);
  });

  test('keeps its place, and others stay as they are', () => {
    const other = { ...ready, type: 'StoreReady' };
    const after = setCondition([ready, other], { ...observed, status: 'False' }, { now: later, generation: 1 });
    expect(after.map(({ type }) => type)).toEqual(['Ready', 'StoreReady']);
    expect(after[1]).toBe(other);
  });

  test('message is cut at what the schema accepts', () => {
    const [after] = setCondition([], { ...observed, message: 'x'.repeat(40_000) }, { now: noon, generation: 1 });
    expect(after?.message).toHaveLength(2_000);
  });
});

describe('what kstatus concludes', () => {
  const said = { reason: 'AccessDenied', message: 'grant s3:ListBucket' };
  const moment = { now: noon, generation: 1 };
  const marks = {
    ready: markReady,
    reconciling: markReconciling,
    'reconciling, too early to tell': (list: readonly Condition[]) => markReconciling(list, said, moment, 'Unknown'),
    stalled: markStalled,
  } as const;

  const expected: readonly [mark: keyof typeof marks, result: KStatus, types: readonly string[]][] = [
    ['ready', 'Current', ['Ready']],
    ['reconciling', 'InProgress', ['Ready', 'Reconciling']],
    ['reconciling, too early to tell', 'InProgress', ['Ready', 'Reconciling']],
    ['stalled', 'Failed', ['Ready', 'Stalled']],
  ];

  const before = Object.entries(marks);
  const cases = expected.flatMap(([mark, result, types]) => before.map(([from, set]) => [from, mark, result, types, set] as const));
  test.each(cases)('from %s to %s is %s', (_from, mark, result, types, setBefore) => {
    const conditions = marks[mark](setBefore([], said, moment), said, moment);
    expect(conditions.map(({ type }) => type).sort()).toEqual([...types].sort());
    expect(kstatus({ metadata: { generation: 1 }, status: { observedGeneration: 1, conditions } })).toBe(result);
  });

  test('an edit that is not handled yet is in progress, whatever the conditions say', () => {
    expect(kstatus({ metadata: { generation: 2 }, status: { observedGeneration: 1, conditions: [ready] } })).toBe('InProgress');
    expect(kstatus({ metadata: { generation: 1 }, status: { observedGeneration: -1 } })).toBe('InProgress');
  });
});
