import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import type { OpenContext, StoreOptions } from '../../../src/stores/provider.ts';
import { openStores, type Stores } from '../../../src/stores/registry.ts';
import type { S3Spec } from '../../../src/stores/spec.ts';
import type { Store } from '../../../src/stores/store.ts';
import { createAuthority } from '../../support/certificates.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { type S3Server, startS3Server } from '../../support/s3-server/server.ts';
import { files, keys, text } from './reading.ts';
import { asRole, s3Access } from './servers/s3.ts';

const ROLE = 'arn:aws:iam::123456789012:role/trace-reader';
const OPERATOR_ROLE = 'arn:aws:iam::123456789012:role/operator';

let server: S3Server;
let reader: { readonly accessKeyId: string; readonly secretAccessKey: string };
let directory: string;
const opened: Stores[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spanferry-s3-identity-'));
  server = await startS3Server();
  reader = server.identities.addUser('reader').credential;
  server.identities.addRole({ arn: ROLE, users: ['reader'], externalId: 'ferry-7Q' });
  server.identities.addRole({ arn: OPERATOR_ROLE, webIdentityToken: 'token-of-the-service-account' });
  server.createBucket('acme-traces');
  server.put('acme-traces', 'run.json', '{"spans":[]}');
  await writeFile(join(directory, 'token'), 'token-of-the-service-account');
  await writeFile(join(directory, 'wrong-token'), 'token-of-somebody-else');
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

beforeEach(() => {
  // Whatever identity this machine has must not leak into the cases.
  for (const name of Object.keys(process.env).filter((each) => each.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const stores of opened.splice(0)) stores.close();
  server.clearFaults();
  server.setClockOffset(0);
});

const stores = (options: StoreOptions = {}): Stores => {
  const made = openStores({ allowLoopback: true, stsEndpoint: server.endpoint, ...options });
  opened.push(made);
  return made;
};

const context: OpenContext = {
  source: { namespace: 'ml-platform', name: 'checkout-agents' },
  secrets: {},
  operatorIdentity: true,
};

const withKeys = (more: Partial<S3Spec> = {}, credential = reader): Promise<Store> => {
  const { spec, secrets } = s3Access(server.endpoint, 'acme-traces', credential, more);
  return stores().open(spec, { ...context, secrets, operatorIdentity: false });
};

const withoutSecret = (more: Partial<S3Spec> = {}): Promise<Store> => {
  const { spec } = s3Access(server.endpoint, 'acme-traces', reader, { auth: { type: 'IAMRole' }, ...more });
  return stores().open(spec, context);
};

const irsa = (token = 'token') => {
  vi.stubEnv('AWS_ROLE_ARN', OPERATOR_ROLE);
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(directory, token));
  vi.stubEnv('AWS_ROLE_SESSION_NAME', 'operator');
};

const failureIn = async (work: Promise<unknown>) =>
  failureOf(
    await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );

describe('the identity of the operator', () => {
  test('a ServiceAccount with a role (IRSA) is assumed by its token', async () => {
    irsa();
    const store = await withoutSecret();
    expect((await store.probe()).identity).toBe('arn:aws:sts::123456789012:assumed-role/operator/operator');
    expect(await keys(store)).toEqual(['run.json']);
  });

  test('a token that the role does not trust is InvalidIdentityToken', async () => {
    irsa('wrong-token');
    expect(await failureIn((await withoutSecret()).probe())).toMatchObject({ reason: 'InvalidIdentityToken' });
  });

  test('no identity at all is MissingCredential', async () => {
    expect(await failureIn((await withoutSecret()).probe())).toMatchObject({ reason: 'MissingCredential' });
  });

  test('it is what assumes a role where the source names no Secret with keys', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', reader.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', reader.secretAccessKey);
    const { spec, secrets } = s3Access(server.endpoint, 'acme-traces', reader, {
      auth: { type: 'IAMRole', roleArn: ROLE, externalIdSecretRef: { name: 'trace-reader', key: 'externalId' } },
    });
    const store = await stores().open(spec, { ...context, secrets });
    expect((await store.probe()).identity).toContain(':assumed-role/trace-reader/');
  });

  test('a source with a Secret never falls back to it, not even when the Secret is wrong', async () => {
    irsa();
    const before = server.operations.length;
    const store = await withKeys({}, { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'wrong' });
    expect(await failureIn(store.probe())).toMatchObject({ reason: 'InvalidAccessKeyId' });
    expect(new Set(server.operations.slice(before).map(({ by }) => by))).toEqual(new Set(['AKIASTRANGER']));
  });

  test('an endpoint that the environment of the operator names is ignored', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:1');
    vi.stubEnv('AWS_ENDPOINT_URL_STS', 'http://127.0.0.1:1');
    expect((await (await withKeys(asRole(ROLE, true))).probe()).identity).toContain(':assumed-role/');
  });
});

describe('the role of a source', () => {
  test('is assumed with its external id, and the session carries the names of namespace and source', async () => {
    const add = vi.spyOn(server.identities, 'addSession');
    const store = await withKeys(asRole(ROLE, true));
    expect((await store.probe()).identity).toBe(
      'arn:aws:sts::123456789012:assumed-role/trace-reader/spanferry-ml-platform-checkout-agents',
    );
    expect(add.mock.calls[0]?.[0].tags).toEqual({ 'spanferry.io/namespace': 'ml-platform', 'spanferry.io/source': 'checkout-agents' });
    add.mockRestore();
  });

  test('is assumed anew when its session is said to have expired', async () => {
    const store = await withKeys(asRole(ROLE, true));
    await store.probe();
    const used = server.operations.findLast(({ name }) => name === 'ListObjectsV2')?.by ?? '';
    server.identities.expire(used);
    expect(await keys(store)).toEqual(['run.json']);
  });
});

describe('what can be mended', () => {
  test('a clock that is off is set by the answer of the store, for listing and reading', async () => {
    server.setClockOffset(-3_600_000);
    const store = await withKeys();
    const [file] = await files(store);
    expect(await text(store, file!)).toBe('{"spans":[]}');
    server.setClockOffset(3_600_000);
    expect(await text(store, file!)).toBe('{"spans":[]}');
  });

  test('a redirect to another region is followed to the region, not to the host', async () => {
    server.createBucket('far-away', { region: 'ap-southeast-2', redirects: true });
    server.put('far-away', 'run.json', '{}');
    const store = await withKeys({ bucket: 'far-away' });
    expect(await store.probe()).toMatchObject({ region: 'ap-southeast-2' });
    expect(await keys(store)).toEqual(['run.json']);
  });

  test('a body that stalls is resumed', async () => {
    const { spec, secrets } = s3Access(server.endpoint, 'acme-traces', reader);
    const store = await stores({ idleMs: 100 }).open(spec, { ...context, secrets });
    const [file] = await files(store);
    server.fault({ kind: 'stalled', on: 'GetObject', times: 2 });
    expect(await text(store, file!)).toBe('{"spans":[]}');
  });

  test('a store that stalls for ever is StoreUnavailable', async () => {
    const { spec, secrets } = s3Access(server.endpoint, 'acme-traces', reader);
    const store = await stores({ idleMs: 20 }).open(spec, { ...context, secrets });
    const [file] = await files(store);
    server.fault({ kind: 'silent', on: 'GetObject' });
    expect(await failureIn(text(store, file!))).toMatchObject({ reason: 'StoreUnavailable' });
  });
});

describe('the way to the store', () => {
  test('a store with a certificate of its own is trusted by the authority in the Secret, and by nothing else', async () => {
    const authority = createAuthority('stores of acme');
    const secure = await startS3Server({ tls: authority.issue('store') });
    try {
      const { credential } = secure.identities.addUser('reader');
      secure.createBucket('acme-traces');
      secure.put('acme-traces', 'run.json', '{}');
      const trusting = { caSecretRef: { name: 'store-ca', key: 'ca.crt' } };
      const { spec, secrets } = s3Access(secure.endpoint, 'acme-traces', credential, trusting);
      const ca = { 'store-ca': { 'ca.crt': authority.ca } };
      const store = await stores().open(spec, { ...context, secrets: { ...secrets, ...ca } });
      await store.probe();
      expect(await text(store, (await files(store))[0]!)).toBe('{}');
      const distrusting = await stores().open(s3Access(secure.endpoint, 'acme-traces', credential).spec, { ...context, secrets });
      expect(await failureIn(distrusting.probe())).toMatchObject({ reason: 'TlsError' });
    } finally {
      await secure.close();
      authority.close();
    }
  });

  test('it leads through the proxy of the operator, for listings and for bodies', async () => {
    // The store answers under a name that only the proxy can resolve.
    const proxy = await startForwardProxy(server.endpoint);
    const through = stores({ allowLoopback: false, proxy: { HTTP_PROXY: proxy.url } });
    const { spec, secrets } = s3Access('http://store.invalid', 'acme-traces', reader);
    const store = await through.open(spec, { ...context, secrets });
    expect(await text(store, (await files(store))[0]!)).toBe('{"spans":[]}');
    expect(proxy.asked).toEqual(['GET http://store.invalid/acme-traces/', 'GET http://store.invalid/acme-traces/run.json']);
    await proxy.close();
  });

  test('a store that takes a question and never answers is given up after ten seconds', async () => {
    server.fault({ kind: 'silent', on: 'ListObjectsV2' });
    const store = await withKeys();
    const started = performance.now();
    expect(await failureIn(store.probe())).toMatchObject({ reason: 'StoreUnavailable', message: expect.stringContaining('10 s') });
    expect(performance.now() - started).toBeLessThan(12_000);
  });
});

describe('terms of a bucket', () => {
  test('requester pays', async () => {
    server.createBucket('pay-per-read', { requesterPays: true });
    server.put('pay-per-read', 'run.json', '{}');
    expect(await failureIn((await withKeys({ bucket: 'pay-per-read' })).probe())).toMatchObject({ reason: 'AccessDenied' });
    const store = await withKeys({ bucket: 'pay-per-read', requesterPays: true });
    await store.probe();
    expect(await text(store, (await files(store))[0]!)).toBe('{}');
  });

  test('the expected owner is told with every request', async () => {
    const store = await withKeys({ bucketOwner: '123456789012' });
    await store.probe();
    expect(await text(store, (await files(store))[0]!)).toBe('{"spans":[]}');
  });

  test('archived objects are marked in the listing', async () => {
    server.createBucket('old-traces');
    server.put('old-traces', 'cold.json', '{}', { storageClass: 'GLACIER' });
    server.put('old-traces', 'instant.json', '{}', { storageClass: 'GLACIER_IR' });
    const store = await withKeys({ bucket: 'old-traces' });
    await store.probe();
    expect((await files(store)).map(({ archived }) => archived)).toEqual([true, undefined]);
  });
});

test('no failure shows a secret', async () => {
  const secret = 'a-very-secret-key';
  const failure = await failureIn((await withKeys({}, { ...reader, secretAccessKey: secret })).probe());
  expect(JSON.stringify([failure, String(failure.cause)])).not.toContain(secret);
});
