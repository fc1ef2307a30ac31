import { describe, expect, test } from 'vitest';
import type { SourceStatus } from '../../../src/api/ingestionsource.ts';
import { misleading } from '../../support/kstatus.ts';
import { aSource } from '../../support/worker-world.ts';

const at = '2026-11-20T10:00:00Z';
const said = (type: string, status: 'True' | 'False' | 'Unknown', more: object = {}) => ({
  ...{ type, status, reason: 'Flowing', message: '3 files done', lastTransitionTime: at, observedGeneration: 1 },
  ...more,
});
const revision = (status: Partial<SourceStatus>) => {
  const source = aSource();
  return {
    type: 'MODIFIED',
    object: { ...source, metadata: { ...source.metadata, generation: 1 }, status: { observedGeneration: 1, ...status } },
  } as const;
};
const ready = { conditions: [said('Ready', 'True')] };

describe('the life of a source, as those see it who wait for it', () => {
  test('misleads nobody where each revision says one thing', () => {
    const life = [
      { observedGeneration: -1 },
      { observedGeneration: -1, conditions: [said('Ready', 'Unknown'), said('Reconciling', 'True')] },
      ready,
      { conditions: [said('Ready', 'False', { lastTransitionTime: '2026-11-20T10:01:00Z' }), said('Stalled', 'True')] },
    ];
    expect(misleading(life.map(revision))).toEqual([]);
  });

  test.each<[what: string, life: readonly Partial<SourceStatus>[], says: RegExp]>([
    ['without Ready', [{ conditions: [said('StoreReady', 'True')] }], /there is no Ready/],
    ['Stalled and Ready', [{ conditions: [said('Ready', 'True'), said('Stalled', 'True')] }], /something is in the way/],
    ['Reconciling and not', [{ conditions: [said('Ready', 'True'), said('Reconciling', 'False')] }], /Reconciling is there and not True/],
    ['not Ready, and nothing else', [{ conditions: [said('Ready', 'False')] }], /nothing says why/],
    ['Ready for an older spec', [{ conditions: [said('Ready', 'True', { observedGeneration: 0 })] }], /another generation/],
    ['of the future', [{ observedGeneration: 2, ...ready }], /yet to come/],
    ['that forgets what it has seen', [ready, { observedGeneration: -1, ...ready }], /falls from 1/],
    [
      'that changes without a change',
      [ready, { conditions: [said('Ready', 'True', { lastTransitionTime: '2026-11-20T10:05:00Z' })] }],
      /did not/,
    ],
  ])('is found to mislead: %s', (_what, life, says) => {
    expect(misleading(life.map(revision)).join('\n')).toMatch(says);
  });
});
