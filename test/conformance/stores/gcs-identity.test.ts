import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import { openStores, type Stores } from '../../../src/stores/registry.ts';
import type { GcsSpec } from '../../../src/stores/spec.ts';
import type { Store } from '../../../src/stores/store.ts';
import { createAuthority } from '../../support/certificates.ts';
import { type GcsServer, startGcsServer } from '../../support/gcs-server/server.ts';
import { keys } from './reading.ts';

const OPERATOR = 'spanferry@acme.iam.gserviceaccount.com';
const BUCKET = 'acme-traces';

let home: string;
let server: GcsServer;
let stores: Stores;

beforeAll(async () => {
  server = await startGcsServer();
  server.createBucket(BUCKET).put('agents/run.json', '{}');
  server.createBucket('open-data', { public: true }).put('run.json', '{}');
  server.tokens.account(OPERATOR);
  // Where the operator runs: a pod of GKE, whose metadata server is ours.
  vi.stubEnv('GCE_METADATA_HOST', new URL(server.origin).host);
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
  // The library may start gcloud, which writes into the home of whoever runs the test.
  home = mkdtempSync(join(tmpdir(), 'spanferry-home-'));
  vi.stubEnv('HOME', home);
});

afterAll(async () => {
  stores.close();
  vi.unstubAllEnvs();
  await server.stop();
  rmSync(home, { recursive: true });
});

beforeEach(() => {
  stores?.close();
  stores = openStores({ allowLoopback: true, google: { trustedOrigin: server.origin, tokenFetch: server.tokenFetch } });
  server.tokens.attach(OPERATOR);
  server.faults.clear();
});

const open = (auth: GcsSpec['auth'], more: Partial<GcsSpec> = {}, secrets = {}): Promise<Store> => {
  const source = { namespace: 'ml-platform', name: 'checkout-agents' };
  return stores.open(
    { gcs: { bucket: BUCKET, prefix: '', endpoint: server.origin, auth, ...more } },
    { source, secrets, operatorIdentity: true },
  );
};
const probing = (store: Store) =>
  store.probe().then(
    (probe) => probe,
    (thrown) => failureOf(thrown),
  );

describe('a store with an authority of its own', () => {
  test('is trusted with caSecretRef, and not without', async () => {
    const authority = createAuthority('acme internal');
    const secure = await startGcsServer(authority.issue('gcs.internal'));
    secure.createBucket(BUCKET, { public: true }).put('run.json', '{}');
    const caSecretRef = { name: 'store-ca', key: 'ca.crt' };
    const trusting = await open({ type: 'None' }, { endpoint: secure.origin, caSecretRef }, { 'store-ca': { 'ca.crt': authority.ca } });
    expect(await keys(trusting)).toEqual(['run.json']);
    expect(await probing(await open({ type: 'None' }, { endpoint: secure.origin }))).toMatchObject({ reason: 'TlsError' });
    await secure.stop();
    authority.close();
  });
});

describe('who reads from Google Cloud Storage', () => {
  test('the operator does with Workload Identity, and the probe tells its service account', async () => {
    const store = await open({ type: 'WorkloadIdentity' });
    expect(await store.probe()).toEqual({ identity: OPERATOR });
    expect(await keys(store)).toEqual(['agents/run.json']);
  });

  test('its sources share one token', async () => {
    const issued = vi.spyOn(server.tokens, 'issue');
    for (const prefix of ['agents/', 'batch/', '']) await (await open({ type: 'WorkloadIdentity' }, { prefix })).probe();
    expect(issued.mock.calls.length).toBeLessThanOrEqual(1);
    issued.mockRestore();
  });

  test('an operator without an identity says so', async () => {
    server.tokens.attach(undefined);
    expect(await probing(await open({ type: 'WorkloadIdentity' }))).toMatchObject({ reason: 'MissingCredential' });
  });

  test('a pod that may not act as its service account names the role that is missing', async () => {
    server.faults.next('token', { do: 'answer', status: 403, message: 'Unable to generate access token' }, 10);
    const failure = await probing(await open({ type: 'WorkloadIdentity' }));
    expect(failure).toMatchObject({
      reason: 'InvalidIdentityToken',
      message: expect.stringContaining('iam.serviceAccounts.getAccessToken'),
    });
  });

  test('a probe that is given up does not wait for a metadata server that says nothing', async () => {
    server.faults.next('token', { do: 'stall', after: 0 }, 10);
    const store = await open({ type: 'WorkloadIdentity' });
    const gaveUp = new Error('the operator drains');
    const abort = new AbortController();
    const probe = store.probe(abort.signal);
    abort.abort(gaveUp);
    await expect(probe).rejects.toBe(gaveUp);
  });

  test('a service account of the tenant reads with its key, and never with what the operator may do', async () => {
    const key = server.tokens.account('tenant@acme.iam.gserviceaccount.com', []);
    const store = await open(
      { type: 'ServiceAccountKey', keySecretRef: { name: 'gcs', key: 'key.json' } },
      {},
      { gcs: { 'key.json': key } },
    );
    expect(await probing(store)).toMatchObject({
      reason: 'AccessDenied',
      message: expect.stringMatching(/^tenant@acme\S+ needs storage\.objects\.list/),
    });
  });

  test('a permission that is granted later works with the next probe', async () => {
    const key = server.tokens.account('late@acme.iam.gserviceaccount.com', []);
    const store = await open(
      { type: 'ServiceAccountKey', keySecretRef: { name: 'gcs', key: 'key.json' } },
      {},
      { gcs: { 'key.json': key } },
    );
    expect(await probing(store)).toMatchObject({ reason: 'AccessDenied' });
    server.tokens.grant('late@acme.iam.gserviceaccount.com', ['storage.objects.list', 'storage.objects.get']);
    expect(await store.probe()).toEqual({ identity: 'late@acme.iam.gserviceaccount.com' });
  });

  test('anybody reads a public bucket, and nobody a private one', async () => {
    expect(await (await open({ type: 'None' }, { bucket: 'open-data' })).probe()).toEqual({});
    expect(await probing(await open({ type: 'None' }))).toMatchObject({
      reason: 'AccessDenied',
      message: expect.stringContaining('anonymous'),
    });
  });

  test('a private key does not appear in what goes wrong', async () => {
    const key = JSON.parse(server.tokens.account('leak@acme.iam.gserviceaccount.com'));
    const broken = JSON.stringify({ ...key, private_key: key.private_key.replace(/(MII.{60})[^-]*/s, '$1\n') });
    const store = await open(
      { type: 'ServiceAccountKey', keySecretRef: { name: 'gcs', key: 'key.json' } },
      {},
      { gcs: { 'key.json': broken } },
    );
    const failure = await probing(store);
    expect(failure).toMatchObject({ reason: 'InvalidCredential' });
    expect(failure).toHaveProperty('message', expect.not.stringMatching(/PRIVATE KEY|MII/));
  });
});
