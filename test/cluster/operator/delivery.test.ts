import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../../support/certificates.ts';
import { type Fault, faults, type Received, startCollector } from '../../support/collector-stub.ts';
import { eventually } from '../../support/eventually.ts';
import { kstatus } from '../../support/kstatus.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

const OWN_TOKEN = 'token-of-the-operator';

let scene: Stage;
/** What goes wrong at the path that a source has to itself. */
const trouble = new Map<string, Fault>();
beforeAll(async () => {
  scene = await stage();
  scene.collector.always((asked) => trouble.get(asked.path)?.(asked));
  await scene.start([], { OTEL_COLLECTOR_AUTH_TOKEN: OWN_TOKEN });
});
afterAll(() => scene.close());

const pathOf = (source: string) => `/${source}/v1/traces`;
const destination = (source: string, more: object = {}) => ({ destination: { endpoint: `${scene.collector.url}/${source}`, ...more } });
const received = (source: string): readonly Received[] => scene.collector.received.filter(({ path }) => path === pathOf(source));
const wants =
  (authorization: string): Fault =>
  ({ headers }) =>
    headers.authorization === authorization ? undefined : { status: 401, headers: { 'content-type': 'text/plain' }, body: 'who are you?' };

/** A file of its own for a source, and the ids of its spans. */
function put(source: string, spans = 2): readonly string[] {
  const { text, ids } = agentFile(spans);
  scene.put(`${source}/a.json`, text);
  return ids;
}

describe.concurrent('what a destination gets', () => {
  test('row 32: OTLP protobuf by POST, at /v1/traces below the endpoint', async () => {
    const ids = put('plain');
    await scene.source('plain', destination('plain'));
    await scene.delivered(ids);
    const [request] = received('plain');
    expect(request?.headers).toMatchObject({ 'content-type': 'application/x-protobuf' });
    expect(request?.headers['content-encoding']).toBeUndefined();
    expect(request?.spans.map(({ id }) => id)).toEqual(ids);
  });

  test.each(['Zstd', 'Gzip'])('compressed with %s where the source says so', async (compression) => {
    const name = compression.toLowerCase();
    const ids = put(name, 100);
    await scene.source(name, destination(name, { compression }));
    await scene.delivered(ids);
    expect(received(name)[0]?.headers['content-encoding']).toBe(name);
  });

  test('row 33: a bearer token and headers from Secrets', async () => {
    const ids = put('authorised');
    trouble.set(pathOf('authorised'), wants('Bearer t0ken'));
    await scene.secret('collector', { token: 't0ken\n' });
    await scene.secret('collector-headers', { 'X-Tenant': 'ml-platform' });
    const refs = { authTokenSecretRef: { name: 'collector', key: 'token' }, headersSecretRef: { name: 'collector-headers' } };
    await scene.source('authorised', destination('authorised', refs));
    await scene.delivered(ids);
    expect(received('authorised')[0]?.headers).toMatchObject({ 'x-tenant': 'ml-platform' });
  });

  test("the operator's own token goes to its own collector, and to no destination that a source names", async () => {
    const [own, named] = [put('own-collector'), put('own-by-name')];
    await scene.source('own-collector');
    await scene.source('own-by-name', { destination: { endpoint: scene.collector.url } });
    await scene.delivered([...own, ...named]);
    const of = (ids: readonly string[]) => scene.collector.received.find(({ spans }) => spans.some(({ id }) => id === ids[0]))?.headers;
    expect(of(own)?.authorization).toBe(`Bearer ${OWN_TOKEN}`);
    expect(of(named)?.authorization).toBeUndefined();
  });

  test('a client certificate, to a collector whose authority the source brings', async () => {
    const authority = createAuthority('acme');
    const server = authority.issue('127.0.0.1');
    const strict = await startCollector({ ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true });
    const client = authority.issue('checkout');
    await scene.secret('collector-ca', { 'ca.crt': authority.ca });
    await scene.secret('collector-client', { 'tls.crt': client.cert, 'tls.key': client.key }, 'kubernetes.io/tls');
    const ids = put('mutual');
    const refs = { caSecretRef: { name: 'collector-ca', key: 'ca.crt' }, clientCertSecretRef: { name: 'collector-client' } };
    await scene.source('mutual', { destination: { endpoint: strict.url, ...refs } });
    await eventually(
      () => ids.every((id) => strict.taken.has(id)),
      (all) => all,
    );
    expect(strict.received[0]?.client).toBe('checkout');
    await strict.close();
    authority.close();
  });
});

describe.concurrent('trouble of the destination makes files wait, and everything flows on by itself', () => {
  test('rows 34 and 37: a wrong token is CredentialError on record and source; no retry is used; a corrected Secret is enough', {
    timeout: 90_000,
  }, async () => {
    const ids = put('locked');
    trouble.set(pathOf('locked'), wants('Bearer right'));
    await scene.secret('locked', { token: 'wrong' });
    await scene.source('locked', destination('locked', { authTokenSecretRef: { name: 'locked', key: 'token' } }));
    const record = await scene.recorded('locked/a.json', { state: 'Pending', reason: 'CredentialError' });
    expect(record.status).toMatchObject({ retries: 0 });
    expect(record.status.message).toMatch(/answered 401 Unauthorized: who are you\?/);
    const stalled = await scene.condition('locked', 'DestinationReady', { status: 'False', reason: 'CredentialError' });
    expect(kstatus(stalled)).toBe('Failed');
    await scene.condition('locked', 'StoreReady', { status: 'True' });

    await scene.secret('locked', { token: 'right' });
    await eventually(
      () => ids.filter((id) => !scene.collector.taken.has(id)),
      (missing) => missing.length === 0,
      45_000,
    );
    const { status } = await scene.settled('locked', { completed: 1 });
    expect(status.totals).toMatchObject({ retries: 0 });
    expect(kstatus(await scene.condition('locked', 'DestinationReady', { status: 'True' }))).toBe('Current');
  });

  test('row 34: a Secret that is not there is CredentialError before anything is sent', async () => {
    put('keyless');
    await scene.source('keyless', destination('keyless', { authTokenSecretRef: { name: 'nobody', key: 'token' } }));
    const { status } = await scene.condition('keyless', 'DestinationReady', { status: 'False', reason: 'CredentialError' });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toMatch(/there is no Secret nobody/);
    expect(received('keyless')).toEqual([]);
  });

  test.each([
    ['a collector that is down', 503, 'DestinationUnavailable', 'InProgress'],
    ['one that asks to wait', 429, 'DestinationUnavailable', 'InProgress'],
    ['a web site', 404, 'DestinationRefused', 'Failed'],
  ] as const)('%s: %d is %s, and the file goes once it is over', async (_what, answer, reason, judged) => {
    const name = `answers-${answer}`;
    const ids = put(name);
    trouble.set(pathOf(name), faults.status(answer, 'not now', { 'retry-after': '1' }));
    await scene.source(name, destination(name));
    await scene.recorded(`${name}/a.json`, { state: 'Pending', reason });
    expect(kstatus(await scene.condition(name, 'DestinationReady', { status: 'False', reason }))).toBe(judged);
    trouble.delete(pathOf(name));
    await scene.delivered(ids);
    const { status } = await scene.settled(name, { completed: 1 });
    expect(status.totals).toMatchObject({ retries: 0, spans: 2 });
    await scene.condition(name, 'DestinationReady', { status: 'True' });
  });

  test('an acknowledgement that was lost is asked for again: at least once', async () => {
    const ids = put('unheard');
    let first = true;
    trouble.set(pathOf('unheard'), () => {
      if (!first) return undefined;
      first = false;
      return { cut: true, took: true };
    });
    await scene.source('unheard', destination('unheard'));
    await scene.recorded('unheard/a.json', { state: 'Completed', retries: 0, spans: 2 });
    expect(ids.map((id) => scene.collector.taken.get(id))).toEqual([2, 2]);
  });
});

describe.concurrent('what a destination does not take is counted, with its words', () => {
  test('a partial success', async () => {
    put('partial', 5);
    trouble.set(pathOf('partial'), faults.partialSuccess(2, 'two spans are too old'));
    await scene.source('partial', destination('partial'));
    const { status } = await scene.recorded('partial/a.json', { state: 'Completed' });
    expect(status).toMatchObject({ spans: 3, rejectedSpans: 2 });
    expect(JSON.stringify(status)).toContain('two spans are too old');
    const source = await scene.settled('partial', { completed: 1 });
    expect(source.status.totals).toMatchObject({ spans: 3, rejectedSpans: 2 });
  });

  test('one span that the destination refuses is found; the others arrive', async () => {
    const ids = put('poisoned', 50);
    const bad = ids[17] ?? '';
    trouble.set(pathOf('poisoned'), faults.poison(new Set([bad]), 'attribute too long'));
    await scene.source('poisoned', destination('poisoned'));
    const { status } = await scene.recorded('poisoned/a.json', { state: 'Completed' });
    expect(status).toMatchObject({ spans: 49, rejectedSpans: 1, reason: 'RefusedByDestination' });
    expect(status.message).toContain('attribute too long');
    expect(ids.filter((id) => !scene.collector.taken.has(id))).toEqual([bad]);
  });

  test('a request that is too large is split until it fits', async () => {
    const ids = put('narrow', 200);
    trouble.set(pathOf('narrow'), faults.limit(8_000));
    await scene.source('narrow', destination('narrow'));
    const { status } = await scene.recorded('narrow/a.json', { state: 'Completed' });
    expect(status).toMatchObject({ spans: 200, rejectedSpans: 0 });
    expect(ids.every((id) => scene.collector.taken.get(id) === 1)).toBe(true);
  });

  test('a file of which nothing is taken says so on its record', async () => {
    put('unwanted', 3);
    trouble.set(pathOf('unwanted'), faults.status(400, 'no such tenant'));
    await scene.source('unwanted', destination('unwanted'));
    const { status } = await eventually(
      () => scene.file('unwanted/a.json'),
      (file) => file?.status.state === 'Completed' || file?.status.state === 'Failed',
    ).then((file) => file ?? { status: undefined });
    expect(status).toMatchObject({ spans: 0, rejectedSpans: 3, reason: 'RefusedByDestination' });
    expect(status?.message).toContain('no such tenant');
  });
});

test('row 36: a file at which the destination fails while others pass uses its retries, then fails', async () => {
  const bad = agentFile(1);
  scene.put('cursed/bad.json', bad.text);
  for (let n = 0; n < 30; n++) scene.put(`cursed/good-${n}.json`, agentFile(1).text);
  trouble.set(pathOf('cursed'), ({ spans }) => (spans.some(({ id }) => id === bad.ids[0]) ? { status: 500 } : undefined));
  await scene.source('cursed', { ...destination('cursed'), retry: { maxRetries: 0 } });
  const record = await eventually(
    () => scene.file('cursed/bad.json'),
    (file) => {
      // Others keep passing, as in life.
      scene.put(`cursed/more-${Math.random()}.json`, agentFile(1).text);
      return file?.status.state === 'Failed';
    },
    50_000,
  );
  expect(record?.status).toMatchObject({ reason: 'Undeliverable' });
});
