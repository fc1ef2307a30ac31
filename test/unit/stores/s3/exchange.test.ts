import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { systemClock } from '../../../../src/std/clock.ts';
import { guardedDispatcher } from '../../../../src/std/egress-undici.ts';
import { exchange } from '../../../../src/stores/s3/exchange.ts';
import { giveBack, reading } from '../../../../src/stores/s3/memory.ts';
import { type Random, random, seedOf } from '../../../support/random.ts';

const seed = seedOf();
const bytesOf = (n: number, size: number) => {
  const chance = random(seed + n);
  return Buffer.from(Uint32Array.from({ length: size / 4 }, () => chance.next() * 2 ** 32).buffer);
};
const bodies = Array.from({ length: 12 }, (_, n) => bytesOf(n, [4_096, 70_000, 1_200_000, 3_000_000][n % 4] as number));
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A body as networks deliver it: in pieces of any size, sometimes late. `/7?chunked` comes without a length. */
async function answer(url: string, response: ServerResponse): Promise<void> {
  const [n, how] = url.slice(1).split('?');
  const body = bodies[Number(n)] as Buffer;
  const chance = random(seed + 1_000 + Number(n));
  response.writeHead(200, how === 'chunked' ? {} : { 'content-length': body.length });
  for (let at = 0; at < body.length; ) {
    const size = 1 + chance.int(chance.next() < 0.5 ? 2_000 : 300_000);
    if (!response.write(body.subarray(at, at + size))) await once(response, 'drain');
    at += size;
    if (chance.next() < 0.05) await pause(1);
  }
  response.end();
}

const server = createServer((request, response) => void answer(request.url ?? '', response));
const dispatcher = guardedDispatcher({ allowLoopback: true }, { connections: 6, onread: reading });
beforeAll(async () => void (await once(server.listen(0, '127.0.0.1'), 'listening')));
afterAll(async () => {
  await dispatcher.destroy();
  server.close();
});

/** Reads as slowly as a busy worker does, and looks at each chunk once more before it asks for the next one. */
async function read(path: string, chance: Random): Promise<string> {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { body } = await exchange(dispatcher, { origin, path, headers: {} }, new AbortController().signal);
  const hash = createHash('sha256');
  for await (const chunk of body) {
    const before = digest(chunk);
    if (chance.next() < 0.2) await systemClock.sleep(chance.int(3), new AbortController().signal);
    expect(digest(chunk)).toBe(before);
    hash.update(chunk);
  }
  return hash.digest('hex');
}

test.each([
  ['of a known length', ''],
  ['in chunks', '?chunked'],
])('bodies %s that many readers take at the same time, each at its own pace, arrive to the letter', async (_which, how) => {
  onTestFailed(() => console.error(`SPANFERRY_SEED=${seed}`));
  const chance = random(seed);
  const all = bodies.map((_, n) => n);
  for (let round = 0; round < 3; round++) {
    expect(await Promise.all(all.map((n) => read(`/${n}${how}`, chance)))).toEqual(bodies.map(digest));
  }
});

test('a reader that leaves in the middle disturbs nobody', async () => {
  const chance = random(seed);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const leave = async () => {
    const { body } = await exchange(dispatcher, { origin, path: '/3', headers: {} }, new AbortController().signal);
    for await (const _ of body) break;
  };
  const others = [0, 1, 2, 3].map((n) => read(`/${n}`, chance));
  await Promise.all([leave(), leave(), leave()]);
  expect(await Promise.all(others)).toEqual(bodies.slice(0, 4).map(digest));
});

test('only memory that was lent is taken back, and once: the pool of Buffer is of the same size', () => {
  giveBack(Buffer.from('several small reads of a socket become one Buffer of the pool'));
  const lent = reading.buffer();
  giveBack(lent);
  giveBack(lent);
  const next = Array.from({ length: 100 }, () => reading.buffer().buffer);
  expect(next).toContain(lent.buffer);
  expect(new Set(next).size).toBe(100);
  expect(next).not.toContain(Buffer.from('pool').buffer);
});
