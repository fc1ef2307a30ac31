import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Destination as Spec } from '../../../src/api/destination.ts';
import { createDelivery, type Delivery } from '../../../src/delivery/delivery.ts';
import { isFailure, resolveDestination } from '../../../src/delivery/destination.ts';
import type { Outcome } from '../../../src/delivery/outcome.ts';
import { systemClock } from '../../../src/std/clock.ts';
import { type Authority, createAuthority, type Pair } from '../../support/certificates.ts';
import { batchWithSpans } from '../../support/collector-proto.ts';
import { type CollectorStub, startCollector } from '../../support/collector-stub.ts';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy.ts';

let ours: Authority;
let foreign: Authority;
let server: Pair;
let client: Pair;
let collector: CollectorStub;
let delivery: Delivery;

beforeAll(() => {
  ours = createAuthority('Acme Internal CA');
  foreign = createAuthority('Somebody Else');
  server = ours.issue('otel-collector');
  client = ours.issue('spanferry');
});
afterAll(() => {
  ours.close();
  foreign.close();
});
afterEach(async () => {
  await delivery.close();
  await collector.close();
});

async function sendTo(spec: Partial<Spec>, endpoint = collector.url): Promise<Outcome> {
  const secrets = {
    ca: { 'ca.crt': ours.ca },
    foreign: { 'ca.crt': foreign.ca },
    client: { 'tls.crt': client.cert, 'tls.key': client.key },
  };
  const destination = resolveDestination({ endpoint, compression: 'None', ...spec }, { endpoint }, secrets);
  if (isFailure(destination)) throw new Error(destination.message);
  delivery = createDelivery({ clock: systemClock, egress: { policy: { allowLoopback: true } } });
  const sender = delivery.sender(destination, 'shop/agents');
  return sender.send(batchWithSpans(0, 3), { file: 'a', signal: new AbortController().signal, patienceMs: 0 });
}

const caSecretRef = { name: 'ca', key: 'ca.crt' };

describe('a collector behind TLS', () => {
  test('is trusted through the CA of the Secret', async () => {
    collector = await startCollector(server);
    expect(await sendTo({ caSecretRef })).toMatchObject({ state: 'done', accepted: 3 });
  });

  test.each<[string, Partial<Spec>]>([
    ['without its CA', {}],
    ['with another CA', { caSecretRef: { name: 'foreign', key: 'ca.crt' } }],
  ])('%s it is not, and the source says why', async (_sentence, spec) => {
    collector = await startCollector(server);
    const outcome = await sendTo(spec);
    expect(outcome).toMatchObject({
      state: 'waiting',
      failure: { reason: 'DestinationTlsError', message: expect.stringContaining('not trusted') },
    });
    expect(collector.received).toEqual([]);
  });

  test('gets the client certificate that it asks for', async () => {
    collector = await startCollector({ ...server, ca: ours.ca, requestCert: true, rejectUnauthorized: true });
    expect(await sendTo({ caSecretRef, clientCertSecretRef: { name: 'client' } })).toMatchObject({ state: 'done', accepted: 3 });
    expect(collector.received[0]?.client).toBe('spanferry');
  });

  const asksForCertificate = {
    state: 'waiting',
    failure: { reason: 'CredentialError', message: expect.stringContaining('client certificate') },
  };

  test('refuses whoever shows none, over TLS 1.2', async () => {
    collector = await startCollector({ ...server, ca: ours.ca, requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' });
    expect(await sendTo({ caSecretRef })).toMatchObject(asksForCertificate);
  });

  test('and over TLS 1.3, where the refusal comes after the handshake', async () => {
    collector = await startCollector();
    const strict = await ours.startStrictServer(server);
    expect(await sendTo({ caSecretRef }, strict.url)).toMatchObject(asksForCertificate);
    await strict.close();
  });

  test('an address with https that speaks http is called by its name', async () => {
    collector = await startCollector();
    const outcome = await sendTo({}, collector.url.replace('http:', 'https:'));
    expect(outcome).toMatchObject({ failure: { reason: 'DestinationRefused', message: expect.stringContaining('does not speak TLS') } });
  });

  test('and http to a port that speaks TLS, too', async () => {
    collector = await startCollector(server);
    const outcome = await sendTo({}, collector.url.replace('https:', 'http:'));
    expect(outcome.state).toBe('waiting');
    expect(collector.received).toEqual([]);
  });
});

describe('the egress guard', () => {
  const sendGuarded = async (spec: Spec | undefined) => {
    const destination = resolveDestination(spec, { endpoint: collector.url }, {});
    if (isFailure(destination)) throw new Error(destination.message);
    delivery = createDelivery({ clock: systemClock });
    return delivery
      .sender(destination, 'shop/agents')
      .send(batchWithSpans(0, 1), { file: 'a', signal: new AbortController().signal, patienceMs: 0 });
  };

  test('refuses an address that a source names, before any connection', async () => {
    collector = await startCollector();
    expect(await sendGuarded({ endpoint: collector.url, compression: 'None' })).toMatchObject({
      state: 'waiting',
      failure: {
        reason: 'DestinationEgressRefused',
        message: `${collector.url}/v1/traces may not be reached: 127.0.0.1 is a loopback address`,
      },
    });
    expect(collector.connections()).toBe(0);
  });

  test('does not watch the way to the collector of the operator', async () => {
    collector = await startCollector();
    expect(await sendGuarded(undefined)).toMatchObject({ state: 'done' });
  });
});

describe('the proxies of the operator', () => {
  let proxy: ForwardProxy;
  beforeEach(async () => {
    const outside = ours.issue('collector.invalid');
    collector = await startCollector({ ...outside, ca: ours.ca, requestCert: true, rejectUnauthorized: true });
    proxy = await startForwardProxy(collector.url);
  });
  afterEach(() => proxy.close());

  /** Nobody but the proxy can resolve these names. */
  const through = async (endpoint: string, spec: Partial<Spec> = {}, policy = {}) => {
    const secrets = { ca: { 'ca.crt': ours.ca }, client: { 'tls.crt': client.cert, 'tls.key': client.key } };
    const destination = resolveDestination({ endpoint, compression: 'None', ...spec }, { endpoint }, secrets);
    if (isFailure(destination)) throw new Error(destination.message);
    delivery = createDelivery({
      clock: systemClock,
      egress: { policy, proxy: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: 'direct.invalid' } },
    });
    return delivery
      .sender(destination, 'shop/agents')
      .send(batchWithSpans(0, 1), { file: 'a', signal: new AbortController().signal, patienceMs: 0 });
  };

  test('lead to a destination outside, with TLS from end to end', async () => {
    const refs = { caSecretRef: { name: 'ca', key: 'ca.crt' }, clientCertSecretRef: { name: 'client' } };
    expect(await through('https://collector.invalid', refs)).toMatchObject({ state: 'done' });
    expect(proxy.asked).toEqual(['CONNECT collector.invalid:443']);
    expect(collector.received[0]?.client).toBe('spanferry');
  });

  test('are not asked for what no source may reach', async () => {
    for (const endpoint of ['http://169.254.169.254', 'https://metadata.google.internal', 'http://127.0.0.1:4318']) {
      expect(await through(endpoint)).toMatchObject({ state: 'waiting', failure: { reason: 'DestinationEgressRefused' } });
      await delivery.close();
    }
    expect(proxy.asked).toEqual([]);
  });

  test('are left aside where NO_PROXY says so', async () => {
    const outcome = await through('http://direct.invalid');
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining('cannot be resolved') } });
    expect(proxy.asked).toEqual([]);
  });

  test('that refuse are named as such', async () => {
    proxy.refuse(403);
    const outcome = await through('https://collector.invalid');
    expect(outcome).toMatchObject({
      failure: { reason: 'DestinationUnavailable', message: expect.stringMatching(/cannot be reached through the proxy: .*403/) },
    });
  });
});
