import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import type { Access, Credentials } from '../../../src/kube/access.ts';
import { type Observed, type TransportOptions, transport } from '../../../src/kube/transport.ts';
import { type Clock, systemClock } from '../../../src/std/clock.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const says =
  (code: number, headers: Record<string, string> = {}, body: unknown = {}): Answer =>
  (_request, response) =>
    void response.writeHead(code, headers).end(JSON.stringify(body));

/** A transport to a server that gives one answer after the other, the last one for ever. */
async function talkingTo(answers: readonly Answer[], more: Partial<TransportOptions> = {}) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    (answers[requests.length - 1] ?? answers.at(-1))?.(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const observed: Observed[] = [];
  const waits: number[] = [];
  const clock: Clock = { ...systemClock, sleep: async (ms) => void waits.push(ms) };
  const through = transport({
    credentials: bearer(port),
    clock,
    userAgent: 'spanferry-test',
    observe: (each) => observed.push(each),
    random: () => 1,
    ...more,
  });
  cleanups.push(through.close, async () => {
    server.closeAllConnections();
    server.close();
  });
  return { through, requests, observed, waits };
}

/** "old" until it is refused, "new" from then on. */
function bearer(port: number): Credentials {
  const as = (token: string): Access => ({
    origin: `http://127.0.0.1:${port}`,
    prefix: '/k8s',
    proxy: undefined,
    tls: {},
    headers: { Authorization: `Bearer ${token}` },
  });
  let access = as('old');
  return {
    current: async () => access,
    renew: async () => {
      access = as('new');
      return access;
    },
  };
}

/** A budget that lets everything pass, and what was asked of it. */
function noting() {
  const history: string[] = [];
  const take = async () => {
    history.push('taken');
    return () => void history.push('answered');
  };
  return { writes: { take }, history };
}

const get = {
  verb: 'get',
  resource: 'secrets',
  namespace: 'ml',
  name: 'keys',
  method: 'GET',
  path: '/api/v1/namespaces/ml/secrets/keys',
} as const;
const create = { verb: 'create', resource: 'leases', namespace: 'ml', name: 'a', method: 'POST', path: '/leases', body: { a: 1 } } as const;

describe('one request', () => {
  test('goes below the path of the server and says who asks', async () => {
    const { through, requests } = await talkingTo([says(200, {}, { ok: true })]);
    expect(await through.request({ ...get, query: { limit: '5', continue: undefined } })).toEqual({ ok: true });
    expect(requests[0]?.url).toBe('/k8s/api/v1/namespaces/ml/secrets/keys?limit=5');
    expect(requests[0]?.headers['user-agent']).toBe('spanferry-test');
  });

  test('a DELETE with a body leaves its connection to the next request', async () => {
    const { through, requests } = await talkingTo([says(200)]);
    for (let n = 0; n < 10; n++) await through.request({ ...create, verb: 'delete', method: 'DELETE' });
    // One that has only just been answered is not yet free.
    expect(new Set(requests.map(({ socket }) => socket)).size).toBeLessThanOrEqual(2);
  });

  test('a refused token is renewed once, for writes too', async () => {
    const { through, requests } = await talkingTo([says(401), says(201)]);
    await through.request(create);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    const refused = await talkingTo([says(401)]);
    await expect(refused.through.request(get)).rejects.toMatchObject({ kind: 'Unauthorized' });
    expect(refused.requests).toHaveLength(2);
  });

  test('a read is repeated after what the server asked for, and every try is observed', async () => {
    const { through, waits, observed } = await talkingTo([says(503, { 'retry-after': '3' }), says(429, { 'retry-after': '1' }), says(200)]);
    await through.request(get);
    expect(waits).toEqual([3_000, 1_000]);
    expect(observed.map(({ code }) => code)).toEqual(['503', '429', '200']);
  });

  test('a write that the server failed at is not repeated, a throttled one is', async () => {
    const failing = await talkingTo([says(500), says(201)]);
    await expect(failing.through.request(create)).rejects.toMatchObject({ kind: 'ServerError' });
    const throttled = await talkingTo([says(429), says(201)]);
    await throttled.through.request(create);
    expect(throttled.requests).toHaveLength(2);
  });

  test('has a deadline, against a server that never answers', async () => {
    const { through } = await talkingTo([() => {}]);
    await expect(through.request({ ...get, deadlineMs: 50 })).rejects.toMatchObject({ kind: 'Timeout' });
  });

  test('and against one that never ends its answer', async () => {
    const { through } = await talkingTo([(_request, response) => void response.writeHead(200).write('{')]);
    await expect(through.request({ ...get, deadlineMs: 50 })).rejects.toMatchObject({ kind: 'Timeout' });
  });

  test('the caller’s signal ends it with the caller’s reason', async () => {
    const stop = new AbortController();
    const { through } = await talkingTo([() => stop.abort(new Error('drained'))]);
    await expect(through.request({ ...get, signal: stop.signal })).rejects.toThrow('drained');
  });

  test('writes wait for their budget; reads and urgent ones do not', async () => {
    const { writes, history } = noting();
    const { through } = await talkingTo([says(200)], { writes });
    await through.request(get);
    await through.request({ ...create, urgent: true });
    expect(history).toEqual([]);
    await through.request(create);
    expect(history).toEqual(['taken', 'answered']);
  });

  test.each<[sentence: string, answers: readonly Answer[], deadlineMs: number, tries: number]>([
    ['each try of a write that is throttled takes its part of the budget', [says(429), says(429), says(201)], 20_000, 3],
    ['a write that fails has had its part', [says(500)], 20_000, 1],
    ['a write that the server never answers has had its part', [() => {}], 50, 1],
  ])('%s', async (_sentence, answers, deadlineMs, tries) => {
    const { writes, history } = noting();
    const { through } = await talkingTo(answers, { writes });
    await through.request({ ...create, deadlineMs }).catch(() => {});
    expect(history).toEqual(Array.from({ length: tries }, () => ['taken', 'answered']).flat());
  });

  test('the time for which a write waits for its budget is no part of its deadline', async () => {
    const writes = { take: () => new Promise<() => void>((resolve) => setTimeout(() => resolve(() => {}), 100)) };
    const { through, requests } = await talkingTo([says(201)], { writes });
    await through.request({ ...create, deadlineMs: 50 });
    expect(requests).toHaveLength(1);
  });
});

describe('a stream', () => {
  test('that falls silent ends as a Timeout', async () => {
    const { through } = await talkingTo([(_request, response) => void response.writeHead(200).write('{}\n')]);
    const seen: string[] = [];
    const reading = async () => {
      for await (const chunk of await through.stream({ ...get, idleMs: () => 50 })) seen.push(Buffer.from(chunk).toString());
    };
    await expect(reading()).rejects.toMatchObject({ kind: 'Timeout' });
    expect(seen).toEqual(['{}\n']);
  });

  test('that is given up before anybody read from it is closed', async () => {
    const stop = new AbortController();
    const { through, requests } = await talkingTo([(_request, response) => void response.writeHead(200).write('{}\n')]);
    await through.stream({ ...get, signal: stop.signal });
    const closed = once(requests[0]!.socket, 'close');
    stop.abort();
    await closed;
  });

  test('that is refused says why', async () => {
    const { through } = await talkingTo([says(403)]);
    await expect(through.stream(get)).rejects.toMatchObject({ kind: 'Forbidden' });
  });
});

describe('what is thrown', () => {
  test('carries neither body nor header, however it is printed', async () => {
    const { through } = await talkingTo([says(500, { 'x-secret': 'hunter2' }, { kind: 'List', data: 'hunter2' })]);
    const thrown = await through.request({ ...create, body: { password: 'hunter2' } }).catch((error) => error);
    expect(inspect(thrown, { depth: 10, showHidden: true })).not.toMatch(/hunter2|Bearer/);
  });
});
