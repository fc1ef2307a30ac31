import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import { discard, retryAfter, text, web } from '../../../src/stores/web.ts';

const seen: string[] = [];
const server = createServer((request, response) => {
  seen.push(`${request.method} ${request.url}`);
  if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' }).end();
  else response.end('x'.repeat(100));
});
let origin = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('HTTP for stores', () => {
  test('a redirect is an answer, not a way to go', async () => {
    const client = web({ allowLoopback: true });
    const { status, body } = await client.get({ origin, path: '/moved', headers: {} });
    discard(body);
    expect([status, seen]).toEqual([302, ['GET /moved']]);
    client.close();
  });

  test('a path is sent as it is, dots and all', async () => {
    const client = web({ allowLoopback: true });
    discard((await client.get({ origin, path: '/b/acme/../o/a//b', headers: {} })).body);
    expect(seen.at(-1)).toBe('GET /b/acme/../o/a//b');
    client.close();
  });

  test('the guard stands before loopback addresses', async () => {
    const client = web({});
    const failure = await client.get({ origin, path: '/', headers: {} }).then(() => undefined, failureOf);
    expect(failure).toMatchObject({ reason: 'EgressRefused' });
    client.close();
  });

  test('an answer of unbounded size is not kept', async () => {
    const client = web({ allowLoopback: true });
    const { body } = await client.get({ origin, path: '/', headers: {} });
    expect(await text(body, 99).then(() => undefined, failureOf)).toMatchObject({ reason: 'StoreProtocolError' });
    client.close();
  });

  test('Retry-After is read in both its forms', () => {
    const now = Date.parse('2026-11-20T13:00:00Z');
    expect(retryAfter('30', now)).toEqual({ retryAfterMs: 30_000 });
    expect(retryAfter('Fri, 20 Nov 2026 13:00:10 GMT', now)).toEqual({ retryAfterMs: 10_000 });
    expect(retryAfter('soon', now)).toEqual({});
    expect(retryAfter(undefined, now)).toEqual({});
  });
});
