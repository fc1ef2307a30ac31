import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, controlPlane } from '../../support/controlplane.ts';
import { putRecords } from '../../support/etcd-records.ts';
import { type FirstSync, firstSync, firstSyncBounds } from '../../support/first-sync.ts';

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
    // V8 collects garbage when it likes: the better of two runs says what it takes.
    const costs = [await firstSync(plane.kubeconfig, initial), await firstSync(plane.kubeconfig, initial)];
    const least = (figure: keyof FirstSync) => Math.min(...costs.map((cost) => cost[figure]));
    console.log(`first sync by ${initial}: ${JSON.stringify(costs)}`);
    expect(costs.map(({ objects }) => objects)).toEqual([OBJECTS, OBJECTS]);
    // How long it takes by the clock, on a machine that does nothing else, is for the bench to say.
    expect(least('cpuMs')).toBeLessThan(firstSyncBounds.ms);
    expect(least('mibAdded')).toBeLessThan(firstSyncBounds.mibAdded);
    expect(least('longestBlockMs')).toBeLessThan(firstSyncBounds.longestBlockMs);
  });
});
