import { describe, expect, test } from 'vitest';
import type { File } from '../../../src/kube/ownkinds.ts';
import { ownWrites } from '../../../src/operator/own-writes.ts';
import { aRecord } from '../../support/records.ts';

const at = (resourceVersion: string, state: 'Pending' | 'Processing' | 'Completed'): File =>
  aRecord({ state }, {}, { name: 'a', resourceVersion }) as File;

describe('what a process sees of records', () => {
  const follow = () => {
    let there: readonly File[] = [];
    const { values, wrote } = ownWrites({ values: () => there });
    return {
      wrote,
      show: (...records: readonly File[]) => (there = records),
      states: () => [...values()].map(({ status }) => status.state),
    };
  };

  test('is its own write while the event is still on its way', () => {
    const { wrote, show, states } = follow();
    show(at('1', 'Pending'));
    wrote(at('1', 'Pending'), at('2', 'Completed'));
    expect(states()).toEqual(['Completed']);
  });

  test('is its last one, even when an event of an earlier one arrives', () => {
    const { wrote, show, states } = follow();
    wrote(at('1', 'Pending'), at('2', 'Processing'));
    wrote(at('2', 'Processing'), at('3', 'Completed'));
    for (const late of [at('1', 'Pending'), at('2', 'Processing'), at('3', 'Completed')]) {
      show(late);
      expect(states()).toEqual(['Completed']);
    }
  });

  test('is what somebody else wrote since', () => {
    const { wrote, show, states } = follow();
    wrote(at('1', 'Pending'), at('2', 'Completed'));
    show(at('9', 'Pending'));
    expect(states()).toEqual(['Pending']);
    show(at('1', 'Pending'));
    expect(states()).toEqual(['Pending']);
  });

  test('is nothing after it removed a record', () => {
    const { wrote, show, states } = follow();
    show(at('1', 'Completed'));
    wrote(at('1', 'Completed'), undefined);
    expect(states()).toEqual([]);
  });
});
