import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, controlPlane } from '../../support/controlplane.ts';
import { putRecords } from '../../support/etcd-records.ts';
import { firstSync, firstSyncBounds } from '../../support/first-sync.ts';

const OBJECTS = 20_000;

let plane: ControlPlane;

beforeAll(async () => {
  plane = await controlPlane({ crds: ['crds'] });
  const names = Array.from({ length: OBJECTS }, (_, n) => `checkout-agents-${n}`);
  await putRecords(plane.etcd.url, 'default', names);
});

afterAll(() => plane?.stop());

describe('the first list of 20,000 records', () => {
  test.each(['stream', 'pages'] as const)('takes seconds, little memory, and blocks nobody (initial list: %s)', async (initial) => {
    const cost = await firstSync(plane.kubeconfig, initial);
    console.log(`first sync by ${initial}: ${JSON.stringify(cost)}`);
    expect(cost.objects).toBe(OBJECTS);
    // How long it takes and blocks by the clock, on a machine that does nothing else, is for the bench to say.
    expect(cost.cpuMs).toBeLessThan(firstSyncBounds.ms);
    expect(cost.longestBlockCpuMs).toBeLessThan(firstSyncBounds.longestBlockMs);
    expect(cost.mibAdded).toBeLessThan(firstSyncBounds.mibAdded);
  });
});
