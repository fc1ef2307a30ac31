import { randomUUID } from 'node:crypto';
import type { GcsSpec } from '../../../../src/stores/spec.ts';
import { startGcsServer } from '../../../support/gcs-server/server.ts';
import type { Access, Driver, TestBucket, TestServer, Trouble } from '../driver.ts';

const READER = 'trace-reader@acme.iam.gserviceaccount.com';

/** The project's own Google Cloud Storage: it checks every token, and fails on demand. */
export const gcsServer: Driver = { name: 'gcs-server', start };

async function start(): Promise<TestServer> {
  const server = await startGcsServer();
  const key = server.tokens.account(READER);

  const access = (bucket: string, prefix?: string, keyText = key): Access => ({
    spec: { gcs: gcs(bucket, prefix) },
    secrets: { 'gcs-key': { 'key.json': keyText } },
  });
  const gcs = (bucket: string, prefix = ''): GcsSpec => ({
    bucket,
    prefix,
    endpoint: server.origin,
    auth: { type: 'ServiceAccountKey', keySecretRef: { name: 'gcs-key', key: 'key.json' } },
  });

  const createBucket = async (): Promise<TestBucket> => {
    const name = `acme-traces-${randomUUID()}`;
    server.faults.clear();
    const bucket = server.createBucket(name);
    return {
      access: (prefix) => access(name, prefix),
      put: async (each, body) => void bucket.put(each, body),
      delete: async (each) => bucket.delete(each),
    };
  };

  const reader = (email: string, permissions?: Parameters<typeof server.tokens.account>[1]) => server.tokens.account(email, permissions);
  const with_ = (bucket: TestBucket, keyText: string): Access => ({ ...bucket.access(), secrets: { 'gcs-key': { 'key.json': keyText } } });

  const troubles: readonly Trouble[] = [
    {
      name: 'a key of another kind than service_account',
      reason: 'InvalidCredential',
      says: /service_account/,
      shows: 'probe',
      arrange: (bucket) => with_(bucket, JSON.stringify({ type: 'external_account', token_url: `${server.origin}/token` })),
    },
    {
      name: 'a key whose private key was replaced',
      reason: 'InvalidToken',
      says: /Invalid JWT Signature/,
      shows: 'probe',
      arrange: (bucket) =>
        with_(bucket, JSON.stringify({ ...JSON.parse(reader('other@acme.iam.gserviceaccount.com')), client_email: READER })),
    },
    {
      name: 'an account that may not list',
      reason: 'AccessDenied',
      says: /storage\.objects\.list/,
      shows: 'probe',
      arrange: (bucket) => with_(bucket, reader('blind@acme.iam.gserviceaccount.com', ['storage.objects.get'])),
    },
    {
      name: 'an account that may list but not read',
      reason: 'AccessDenied',
      says: /storage\.objects\.get/,
      shows: 'probe',
      arrange: (bucket) => with_(bucket, reader('lister@acme.iam.gserviceaccount.com', ['storage.objects.list'])),
    },
    {
      name: 'a bucket that is not there',
      reason: 'NoSuchBucket',
      shows: 'probe',
      arrange: () => access('acme-tracse'),
    },
    {
      name: 'a store that asks for fewer requests',
      reason: 'Throttled',
      shows: 'probe',
      arrange: (bucket) => {
        server.faults.next('list', { do: 'answer', status: 429, reason: 'rateLimitExceeded', message: 'slow down', retryAfter: '30' });
        return bucket.access();
      },
    },
    {
      name: 'a store that fails again and again',
      reason: 'StoreUnavailable',
      shows: 'probe',
      arrange: (bucket) => {
        server.faults.next('list', { do: 'answer', status: 500 }, 3);
        return bucket.access();
      },
    },
    {
      name: 'a redirect to another host',
      reason: 'StoreProtocolError',
      shows: 'probe',
      arrange: (bucket) => {
        server.faults.next('list', { do: 'redirect', to: 'http://169.254.169.254/latest/meta-data' });
        return bucket.access();
      },
    },
    {
      name: 'connections that are reset again and again',
      reason: 'StoreUnavailable',
      shows: 'open',
      arrange: (bucket) => {
        server.faults.next('get', { do: 'reset' }, 4);
        return bucket.access();
      },
    },
    {
      name: 'an object that was replaced',
      reason: 'Superseded',
      shows: 'open',
      arrange: async (bucket) => {
        await bucket.put('file.json', '{"new":1}');
        return bucket.access();
      },
    },
    {
      name: 'an object that was deleted',
      reason: 'Deleted',
      shows: 'open',
      arrange: async (bucket) => {
        await bucket.delete('file.json');
        return bucket.access();
      },
    },
    {
      name: 'tokens that were revoked and are not renewed',
      reason: 'InvalidToken',
      shows: 'open',
      arrange: (bucket) => {
        server.faults.next('get', { do: 'answer', status: 401, reason: 'authError', message: 'Invalid Credentials' }, 2);
        return bucket.access();
      },
    },
  ];

  const hiccups: TestServer['hiccups'] = [
    { name: '429', arrange: () => server.faults.next('get', { do: 'answer', status: 429, reason: 'rateLimitExceeded' }) },
    { name: '500', arrange: () => server.faults.next('get', { do: 'answer', status: 500 }) },
    { name: 'a reset connection', arrange: () => server.faults.next('get', { do: 'reset' }) },
    { name: 'a body that is cut', arrange: () => server.faults.next('get', { do: 'truncate', after: 100_000 }) },
    { name: 'a token that was revoked', arrange: () => server.tokens.revokeAll() },
  ];

  return {
    options: { google: { trustedOrigin: server.origin, tokenFetch: server.tokenFetch } },
    createBucket,
    troubles,
    hiccups,
    cannot: {},
    operations: () => server.operations,
    busy: server.busy,
    stop: server.stop,
  };
}
