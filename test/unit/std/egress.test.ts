import { createServer, get as httpGet, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request as undiciRequest } from 'undici';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { guardedHttpAgent, guardedLookup, type ProxyEnv } from '../../../src/std/egress.ts';
import type { EgressPolicy } from '../../../src/std/egress-addresses.ts';
import { guardedDispatcher } from '../../../src/std/egress-undici.ts';

/** A name of the outside that leads inside. */
vi.mock('node:dns', async (original) => {
  const dns = await original<typeof import('node:dns')>();
  const lookup: typeof dns.lookup.__promisify__ | unknown = (host: string, options: object, done: (error: null, found: unknown) => void) =>
    host === 'rebound.test' ? done(null, [{ address: '127.0.0.1', family: 4 }]) : dns.lookup(host, options, done as never);
  return { ...dns, lookup };
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function listen(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A proxy that answers by itself and keeps what it was asked for. */
async function proxy() {
  const asked: string[] = [];
  const port = await listen((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('from the proxy');
  });
  servers.at(-1)?.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 14\r\nconnection: close\r\n\r\nfrom the proxy'));
  });
  return { env: { HTTP_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: 'direct.invalid' }, asked };
}

type Client = (url: string, policy: EgressPolicy, proxyEnv?: ProxyEnv) => Promise<string>;

const withNode: Client = (url, policy, proxyEnv) =>
  new Promise((resolve, reject) => {
    const agent = guardedHttpAgent(policy, { ...(proxyEnv && { proxyEnv }) });
    httpGet(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });

const withUndici: Client = async (url, policy, proxy) => {
  const dispatcher = guardedDispatcher(policy, { proxy });
  try {
    return await (await undiciRequest(url, { dispatcher })).body.text();
  } finally {
    await dispatcher.destroy();
  }
};

const refused = { code: 'EGRESS_REFUSED' };

describe.each([
  ['an agent of node:http', withNode],
  ['a dispatcher of undici', withUndici],
] as const)('%s behind the guard', (_name, get) => {
  test('reaches what it may', async () => {
    const port = await listen((_request, response) => response.end('hello'));
    expect(await get(`http://127.0.0.1:${port}/`, { allowLoopback: true })).toBe('hello');
    expect(await get(`http://localhost:${port}/`, { allowLoopback: true })).toBe('hello');
  });

  test.each(['http://127.0.0.1:9/', 'http://localhost:9/', 'http://[::1]:9/', 'http://[::ffff:7f00:1]:9/', 'http://2130706433:9/'])(
    'refuses %s without the flag',
    async (url) => {
      await expect(get(url, {})).rejects.toMatchObject(refused);
    },
  );

  test.each(['http://169.254.169.254/latest/meta-data/', 'http://[fd00:ec2::254]/', 'http://metadata.google.internal/'])(
    'refuses %s with it, too',
    async (url) => {
      await expect(get(url, { allowLoopback: true })).rejects.toMatchObject(refused);
    },
  );

  test('judges a name by the addresses that it leads to, right when it connects', async () => {
    const port = await listen((_request, response) => response.end('hello'));
    expect(await get(`http://rebound.test:${port}/`, { allowLoopback: true })).toBe('hello');
    await expect(get(`http://rebound.test:${port}/`, {})).rejects.toMatchObject(refused);
  });

  test('goes through a proxy, which may be on a loopback address since the operator chose it', async () => {
    const { env, asked } = await proxy();
    expect(await get('http://store.invalid/key', {}, env)).toBe('from the proxy');
    expect(asked.join()).toContain('store.invalid');
  });

  test('does not ask a proxy for what it may not reach', async () => {
    const { env, asked } = await proxy();
    await expect(get('http://169.254.169.254/', {}, env)).rejects.toMatchObject(refused);
    await expect(get('http://metadata.google.internal/', {}, env)).rejects.toMatchObject(refused);
    await expect(get('http://localhost:1/', {}, env)).rejects.toMatchObject(refused);
    expect(asked).toEqual([]);
  });

  test('goes directly where NO_PROXY says so', async () => {
    const { env, asked } = await proxy();
    await expect(get('http://direct.invalid/', {}, env)).rejects.toThrow();
    expect(asked).toEqual([]);
  });
});

describe('the guarded lookup', () => {
  const lookup = (policy: EgressPolicy, all: boolean) =>
    new Promise<unknown>((resolve, reject) => {
      guardedLookup(policy)('localhost', { all }, (error, address) => (error ? reject(error) : resolve(address)));
    });

  test('refuses a name by the addresses that it has at this moment', async () => {
    await expect(lookup({}, true)).rejects.toMatchObject(refused);
    await expect(lookup({}, false)).rejects.toMatchObject(refused);
  });

  test('answers in the form that was asked for', async () => {
    expect(await lookup({ allowLoopback: true }, true)).toContainEqual(
      expect.objectContaining({ address: expect.stringMatching(/^(127|::1)/) }),
    );
    expect(await lookup({ allowLoopback: true }, false)).toEqual(expect.stringMatching(/^(127|::1)/));
  });
});
