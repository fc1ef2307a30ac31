import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { fenced } from '../../../src/kube/fence.ts';
import { tenure } from '../../../src/kube/tenure.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

/** A server that answers when the test says so, behind a pool with a single connection. */
async function narrowWay() {
  const open: ServerResponse[] = [];
  const paths: (string | undefined)[] = [];
  let arrived = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    paths.push(request.url);
    open.push(response);
    arrived.resolve();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const pool = new Pool(`http://127.0.0.1:${typeof address === 'object' && address?.port}`, { connections: 1, pipelining: 1 });
  onTestFinished(async () => {
    await pool.destroy();
    server.closeAllConnections();
    server.close();
  });
  const nextArrival = async () => {
    await arrived.promise;
    arrived = Promise.withResolvers();
  };
  return { pool, paths, nextArrival, answer: () => open.shift()?.end('done') };
}

test('a write that waits for a connection while the right to write ends is never sent', async () => {
  const { pool, paths, nextArrival, answer } = await narrowWay();
  const clock = virtualClock();
  const held = tenure(clock, 10_000, 0);
  const way = fenced(pool, held.assertHeld);
  const write = (path: string) => way.request({ method: 'PUT', path, body: '{}' });

  const first = write('/first');
  await nextArrival();
  const second = write('/second');
  clock.freeze(30_000);
  answer();
  // What was on its way arrives; the answer of it would have let the second one go.
  expect(await (await first).body.text()).toBe('done');
  await expect(second).rejects.toThrow('LeaseLost');
  expect(paths).toEqual(['/first']);
});

test('a connection serves on after a request was held back', async () => {
  const { pool, paths, nextArrival, answer } = await narrowWay();
  const refuse = () => {
    throw new Error('not now');
  };
  await expect(fenced(pool, refuse).request({ method: 'PUT', path: '/refused', body: '{}' })).rejects.toThrow('not now');
  const allowed = fenced(pool, () => {}).request({ method: 'PUT', path: '/allowed', body: '{}' });
  await nextArrival();
  answer();
  expect((await allowed).statusCode).toBe(200);
  expect(paths).toEqual(['/allowed']);
});
