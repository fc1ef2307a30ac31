import { describe, expect, test } from 'vitest';
import { askSource } from '../../../../src/cli/cluster/ask.ts';
import type { Cluster } from '../../../../src/cli/cluster/session.ts';
import { KubeError } from '../../../../src/kube/errors.ts';
import type { Source } from '../../../../src/kube/ownkinds.ts';
import type { PatchStep } from '../../../../src/kube/resource.ts';
import { source } from '../../../support/cli/cluster.ts';

/** An API server with one source, on which somebody else sets an annotation right before each of the first patches that arrive. */
function server(others: readonly string[]) {
  let stored: Source = source('checkout-agents');
  const coming = [...others];
  let version = 42;
  const write = (annotations: Readonly<Record<string, string>>) => {
    stored = { ...stored, metadata: { ...stored.metadata, annotations, resourceVersion: String(++version) } };
  };
  const patch = async (_ref: object, steps: readonly PatchStep[]) => {
    const other = coming.shift();
    if (other) write({ ...stored.metadata.annotations, [other]: 'theirs' });
    for (const step of steps) {
      if (step.op === 'test' && step.value !== stored.metadata.resourceVersion) throw new KubeError('Conflict', 'the test does not hold');
      if (step.op !== 'add') continue;
      if (step.path === '/metadata/annotations') write(step.value as Readonly<Record<string, string>>);
      else write({ ...stored.metadata.annotations, [step.path.slice(22).replace('~1', '/')]: String(step.value) });
    }
    return stored;
  };
  const kube = { sources: { get: async () => stored, patch } };
  return { cluster: { kube } as unknown as Pick<Cluster, 'kube'>, stored: () => stored };
}

describe('a trigger is set', () => {
  test('without losing the annotation that somebody else makes at the same moment', async () => {
    const { cluster, stored } = server(['team', 'owner']);
    const token = await askSource(cluster, source('checkout-agents'), 'scan');
    expect(stored().metadata.annotations).toEqual({ team: 'theirs', owner: 'theirs', 'spanferry.io/scan': token });
  });

  test('beside annotations that are there already, whatever happens to the others', async () => {
    const before = source('checkout-agents');
    const { cluster, stored } = server(['owner']);
    const token = await askSource(cluster, { ...before, metadata: { ...before.metadata, annotations: { team: 'shop' } } }, 'test');
    expect(stored().metadata.annotations).toEqual({ owner: 'theirs', 'spanferry.io/test': token });
  });
});
