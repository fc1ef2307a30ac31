import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Secrets, StoreOptions } from '../../../src/stores/provider.ts';
import { openStores } from '../../../src/stores/registry.ts';
import type { StoreSpec } from '../../../src/stores/spec.ts';
import type { Store } from '../../../src/stores/store.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { startGcsServer } from '../../support/gcs-server/server.ts';
import { startS3Server } from '../../support/s3-server/server.ts';
import { files, text } from './reading.ts';
import { azurite } from './servers/azurite.ts';
import { s3Access } from './servers/s3.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0).reverse()) await close();
});

async function opened(spec: StoreSpec, secrets: Secrets, options: StoreOptions): Promise<Store> {
  const stores = openStores(options);
  closing.push(stores.close);
  return stores.open(spec, { source: { namespace: 'ml-platform', name: 'checkout-agents' }, secrets, operatorIdentity: true });
}

/** A server of our own with one bucket and one file. */
async function s3(domain?: string) {
  const server = await startS3Server({ ...(domain !== undefined && { domain }) });
  closing.push(server.close);
  server.createBucket('acme-traces');
  server.put('acme-traces', 'agents/a..b/run 1.json', '{"spans":[]}');
  return server;
}

async function proxyTo(origin: string) {
  const proxy = await startForwardProxy(origin);
  closing.push(proxy.close);
  return proxy;
}

const onlyFile = async (store: Store): Promise<string> => {
  const [file] = await files(store);
  return text(store, file!);
};

describe('S3', () => {
  test('is read with the identity that Pod Identity of EKS gives to the operator', async () => {
    const server = await s3();
    const { credential } = server.identities.addSession({ arn: 'arn:aws:sts::123456789012:assumed-role/pod/spanferry', deny: [] });
    const agent = createServer((request, response) => {
      if (request.headers.authorization !== 'token-of-the-pod') return void response.writeHead(401).end();
      const { accessKeyId, secretAccessKey, sessionToken } = credential;
      const expiration = new Date(Date.now() + 3_600_000).toISOString();
      response.end(
        JSON.stringify({ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration: expiration }),
      );
    });
    await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
    closing.push(() => agent.close());
    const folder = await mkdtemp(join(tmpdir(), 'spanferry-pod-identity-'));
    closing.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'token'), 'token-of-the-pod');
    for (const name of Object.keys(process.env).filter((each) => each.startsWith('AWS_'))) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `http://127.0.0.1:${(agent.address() as AddressInfo).port}/v1/credentials`);
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', join(folder, 'token'));

    const { spec } = s3Access(server.endpoint, 'acme-traces', credential, { auth: { type: 'IAMRole' } });
    const store = await opened(spec, {}, { allowLoopback: true, stsEndpoint: server.endpoint });

    expect((await store.probe()).identity).toBe('arn:aws:sts::123456789012:assumed-role/pod/spanferry');
    expect(await onlyFile(store)).toBe('{"spans":[]}');
  });

  test('is addressed by the host of the bucket, unless forcePathStyle asks for its path', async () => {
    const server = await s3('s3.acme.invalid');
    const { credential } = server.identities.addUser('reader');
    const proxy = await proxyTo(server.endpoint);
    const asked = async (forcePathStyle: boolean) => {
      const { spec, secrets } = s3Access('http://s3.acme.invalid', 'acme-traces', credential, { forcePathStyle });
      const before = proxy.asked.length;
      expect(await onlyFile(await opened(spec, secrets, { proxy: { HTTP_PROXY: proxy.url } }))).toBe('{"spans":[]}');
      return proxy.asked.slice(before);
    };

    expect(await asked(false)).toEqual([
      'GET http://acme-traces.s3.acme.invalid/',
      'GET http://acme-traces.s3.acme.invalid/agents/a..b/run%201.json',
    ]);
    expect(await asked(true)).toEqual([
      'GET http://s3.acme.invalid/acme-traces/',
      'GET http://s3.acme.invalid/acme-traces/agents/a..b/run%201.json',
    ]);
  });
});

describe('Google Cloud Storage', () => {
  const spec = (endpoint: string): StoreSpec => ({ gcs: { bucket: 'acme-traces', prefix: '', endpoint, auth: { type: 'None' } } });
  const gcs = async () => {
    const server = await startGcsServer();
    closing.push(server.stop);
    server.createBucket('acme-traces', { public: true }).put('run.json', '{"spans":[]}');
    return server;
  };

  test('is reached through the proxy of the operator, listings and bodies', async () => {
    const proxy = await proxyTo((await gcs()).origin);
    expect(await onlyFile(await opened(spec('http://gcs.invalid'), {}, { proxy: { HTTP_PROXY: proxy.url } }))).toBe('{"spans":[]}');
    expect(proxy.asked).toEqual([
      'GET http://gcs.invalid/storage/v1/b/acme-traces/o',
      'GET http://gcs.invalid/storage/v1/b/acme-traces/o/run.json',
    ]);
  });

  test('is reached without the proxy where NO_PROXY says so', async () => {
    const server = await gcs();
    const proxy = await proxyTo(server.origin);
    const options = { allowLoopback: true, proxy: { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' } };
    expect(await onlyFile(await opened(spec(server.origin), {}, options))).toBe('{"spans":[]}');
    expect(proxy.asked).toEqual([]);
  });

  test('a body that stalls is resumed', async () => {
    const server = await gcs();
    const store = await opened(spec(server.origin), {}, { allowLoopback: true, idleMs: 100 });
    server.faults.next('get', { do: 'stall', after: 3 }, 2);
    expect(await onlyFile(store)).toBe('{"spans":[]}');
  });
});

describe('Azure Blob Storage', () => {
  test('is reached through the proxy of the operator, listings and bodies', async () => {
    const server = (await azurite.start())!;
    closing.push(server.stop);
    const bucket = await server.createBucket();
    await bucket.put('run.json', '{"spans":[]}');
    const { spec, secrets } = bucket.access();
    const { origin } = new URL(spec.azureBlob?.endpoint ?? '');
    const proxy = await proxyTo(origin);
    const named = { azureBlob: { ...spec.azureBlob!, endpoint: 'http://acmetraces.blob.azure.invalid' } };
    expect(await onlyFile(await opened(named, secrets, { proxy: { HTTP_PROXY: proxy.url } }))).toBe('{"spans":[]}');
    const container = spec.azureBlob?.container;
    expect(proxy.asked).toEqual([
      `GET http://acmetraces.blob.azure.invalid/${container}`,
      `GET http://acmetraces.blob.azure.invalid/${container}/run.json`,
    ]);
  });
});
