import { cp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { cache } from '../../../src/kube/cache.ts';
import type { ConfigMap } from '../../../src/kube/kinds.ts';
import { type ControlPlane, controlPlane } from '../../support/controlplane.ts';
import { eventually } from '../../support/eventually.ts';
import { kubeClient } from '../../support/kube-client.ts';

const namespace = 'default';

let plane: ControlPlane;

beforeAll(async () => {
  plane = await controlPlane();
});

afterAll(() => plane?.stop());

const down = async () => {
  await plane.apiServer.kill();
  await plane.etcd.kill();
};

const up = async () => {
  await plane.etcd.start();
  await plane.apiServer.start();
};

test.each(['stream', 'pages'] as const)('a cluster that is restored from a backup is read anew (initial list: %s)', async (initial) => {
  const { configMaps, transport } = kubeClient(plane.kubeconfig);
  const create = (name: string) =>
    configMaps.create({ metadata: { namespace, name: `${initial}-${name}`, labels: { run: initial } }, data: {} });
  const stop = new AbortController();
  const copy = cache<ConfigMap>();
  const running = copy.run(
    configMaps.watch({ namespace, labelSelector: `run=${initial}`, initial, timeoutSeconds: 2, signal: stop.signal }),
  );
  onTestFinished(async () => {
    stop.abort();
    await running;
    await transport.close();
  });
  const names = () => [...copy.values()].map(({ metadata }) => metadata.name.replace(`${initial}-`, '')).sort();
  const shows = (expected: readonly string[]) => eventually(names, (seen) => JSON.stringify(seen) === JSON.stringify(expected), 30_000);

  const kept = await create('kept');
  await shows(['kept']);
  const backup = `${plane.etcd.folder}-${initial}`;
  await down();
  await cp(plane.etcd.folder, backup, { recursive: true });
  await up();

  await configMaps.delete({ namespace, name: kept.metadata.name });
  // History goes far beyond what the backup will reach soon.
  for (let n = 0; n < 300; n++) await create(`lost-${n}`);
  await eventually(copy.size, (size) => size === 300);
  await down();
  await rm(plane.etcd.folder, { recursive: true });
  await cp(backup, plane.etcd.folder, { recursive: true });
  await up();

  await create('after');
  await shows(['after', 'kept']);
  expect(copy.get(`${namespace}/${kept.metadata.name}`)?.metadata.uid).toBe(kept.metadata.uid);
});
