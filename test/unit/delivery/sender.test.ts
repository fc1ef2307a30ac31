import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Destination as Spec } from '../../../src/api/destination.ts';
import { createDelivery, type Delivery, type DeliveryOptions, defaultRules } from '../../../src/delivery/delivery.ts';
import { type Destination, isFailure, resolveDestination, type SecretValues } from '../../../src/delivery/destination.ts';
import type { Outcome } from '../../../src/delivery/outcome.ts';
import type { Sender } from '../../../src/delivery/sender.ts';
import { systemClock } from '../../../src/std/clock.ts';
import { batchWithSpans, spanId, TRACE_ID } from '../../support/collector-proto.ts';
import { type CollectorStub, type Fault, faults, startCollector } from '../../support/collector-stub.ts';
import { random, seedOf } from '../../support/random.ts';

/** Waiting times of milliseconds, so that a breaker opens and closes within a test. */
const quick = { baseMs: 2, maxMs: 4 };
const rules = {
  endpoint: { opensAfter: 3, transient: quick, waiting: quick },
  credential: { opensAfter: 1, transient: quick, waiting: quick },
  repeat: quick,
};
const common: DeliveryOptions = { clock: systemClock, rules, egress: { policy: { allowLoopback: true } } };

let collector: CollectorStub;
let delivery: Delivery;
beforeEach(async () => {
  collector = await startCollector();
  delivery = createDelivery({ ...common, version: '0.1.0' });
});
afterEach(async () => {
  await delivery.close();
  await collector.close();
});

function destinationOf(spec: Partial<Spec> = {}, secrets: SecretValues = {}): Destination {
  const resolved = resolveDestination(
    { endpoint: collector.url, compression: 'None', ...spec },
    { endpoint: 'http://unused:4318' },
    secrets,
    {
      connectMs: 2_000,
      answerMs: 2_000,
    },
  );
  if (isFailure(resolved)) throw new Error(resolved.message);
  return resolved;
}

const senderTo = (spec?: Partial<Spec>, secrets?: SecretValues): Sender => delivery.sender(destinationOf(spec, secrets), 'shop/agents');

/** A delivery with rules of its own, in place of the quick one. */
async function deliverWith(options: Partial<DeliveryOptions>): Promise<void> {
  await delivery.close();
  delivery = createDelivery({ ...common, ...options });
}

const signal = new AbortController().signal;
const impatient = { file: 'a', signal, patienceMs: 0 };
const patient = { file: 'a', signal, patienceMs: 5_000 };
const ids = (from: number, to: number, except: readonly number[] = []) =>
  Array.from({ length: to - from }, (_, i) => from + i)
    .filter((n) => !except.includes(n))
    .map(spanId);
const takenOnce = () => {
  expect([...collector.taken.values()].every((times) => times === 1)).toBe(true);
  return [...collector.taken.keys()].sort();
};

describe('a batch on its way', () => {
  test.each([
    ['None', undefined],
    ['Gzip', 'gzip'],
    ['Zstd', 'zstd'],
  ] as const)('arrives with compression %s', async (compression, encoding) => {
    const outcome = await senderTo({ compression }).send(batchWithSpans(0, 100), patient);
    expect(outcome).toMatchObject({ state: 'done', accepted: 100, rejectedSpans: 0, requests: 1, bytes: collector.received[0]?.bytes });
    expect(takenOnce()).toEqual(ids(0, 100));
    const { path, headers } = collector.received[0]!;
    expect(path).toBe('/v1/traces');
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers['content-type']).toBe('application/x-protobuf');
    expect(headers['user-agent']).toBe('spanferry/0.1.0');
  });

  test('carries the token and the headers of its Secrets', async () => {
    const secrets = { token: { token: 's3cret-token\n' }, extra: { 'X-Scope-OrgID': 'team-a' } };
    const sender = senderTo({ authTokenSecretRef: { name: 'token', key: 'token' }, headersSecretRef: { name: 'extra' } }, secrets);
    await sender.send(batchWithSpans(0, 1), patient);
    expect(collector.received[0]?.headers).toMatchObject({ authorization: 'Bearer s3cret-token', 'x-scope-orgid': 'team-a' });
  });

  test('reuses its connections', async () => {
    const sender = senderTo();
    for (let n = 0; n < 20; n++) expect((await sender.send(batchWithSpans(n, n + 1), patient)).state).toBe('done');
    expect(collector.received).toHaveLength(20);
    // The next may be asked for while the last is still being put away.
    expect(collector.connections()).toBeLessThanOrEqual(2);
  });

  test('keeps connections while anybody uses the destination, and no longer', async () => {
    const [first, second] = [senderTo(), senderTo()];
    await first.send(batchWithSpans(0, 1), patient);
    first.close();
    first.close();
    expect((await second.send(batchWithSpans(1, 2), patient)).state).toBe('done');
    expect(collector.connections()).toBeLessThanOrEqual(2);
    const gone = collector.disconnected();
    second.close();
    await gone;
  });

  test('counts the spans of a partial success as rejected, with the words of the collector', async () => {
    collector.next(faults.partialSuccess(3, 'spans too old'));
    expect(await senderTo().send(batchWithSpans(0, 10), patient)).toMatchObject({
      state: 'done',
      accepted: 7,
      rejectedSpans: 3,
      rejected: [{ reason: 'RefusedByDestination', message: 'spans too old', spans: 3 }],
    });
  });

  test('keeps a warning that comes with a full success', async () => {
    collector.next(faults.partialSuccess(0, 'attributes were truncated'));
    expect(await senderTo().send(batchWithSpans(0, 10), patient)).toMatchObject({ accepted: 10, warning: 'attributes were truncated' });
  });
});

describe('content that the destination refuses', () => {
  test('the bad spans are found, named and rejected; the others arrive once, under their heads', async () => {
    collector.always(faults.poison(new Set([spanId(17), spanId(203)]), 'negative duration'));
    const outcome = await senderTo().send(batchWithSpans(0, 256), patient);
    expect(outcome).toMatchObject({ state: 'done', accepted: 254, rejectedSpans: 2 });
    expect(takenOnce()).toEqual(ids(0, 256, [17, 203]));
    expect(outcome.rejected.map(({ message }) => message).sort()).toEqual([
      `span ${spanId(17)} of trace ${TRACE_ID}: 400 Bad Request: negative duration`,
      `span ${spanId(203)} of trace ${TRACE_ID}: 400 Bad Request: negative duration`,
    ]);
    const heads = new Set(
      collector.received.flatMap(({ spans }) =>
        spans.map(({ id, service, scope, schemaUrl }) => `${Number.parseInt(id, 16) <= 128} ${service} ${scope} ${schemaUrl}`),
      ),
    );
    const schema = 'https://opentelemetry.io/schemas/1.37.0';
    expect([...heads].sort()).toEqual(
      ['false refunds langgraph', 'false refunds openai', 'true checkout langgraph', 'true checkout openai'].map(
        (head) => `${head} ${schema}`,
      ),
    );
  });

  test('a batch that is too large is sent in parts', async () => {
    collector.always(faults.limit(4_000));
    expect(await senderTo().send(batchWithSpans(0, 200), patient)).toMatchObject({ state: 'done', accepted: 200, rejectedSpans: 0 });
    expect(takenOnce()).toEqual(ids(0, 200));
  });

  test('what was once too large is not tried again, but a single span is', async () => {
    collector.always(faults.limit(4_000));
    const sender = senderTo();
    await sender.send(batchWithSpans(0, 200), patient);
    const before = collector.received.length;
    expect(await sender.send(batchWithSpans(200, 400), patient)).toMatchObject({ state: 'done', accepted: 200 });
    expect(await sender.send(batchWithSpans(400, 401, 9_000), patient)).toMatchObject({ state: 'done', rejectedSpans: 1 });
    expect(collector.received.slice(before).map(({ status }) => status)).toEqual([200, 200, 200, 200, 413]);
  });

  test('a span that is too large alone is rejected as such', async () => {
    collector.always(faults.limit(4_000));
    expect(await senderTo().send(batchWithSpans(0, 1, 5_000), patient)).toMatchObject({
      accepted: 0,
      rejected: [{ reason: 'SpanTooLarge', spans: 1 }],
    });
  });

  const seed = seedOf();
  test(`whatever is bad and however small the limit, every span arrives once or is rejected (SPANFERRY_SEED=${seed})`, async () => {
    const draw = random(seed);
    for (let round = 0; round < 12; round++) {
      const [from, spans] = [round * 1_000, 1 + Math.floor(draw.next() * 300)];
      const bad = new Set(Array.from({ length: Math.floor(draw.next() * 3) }, () => from + Math.floor(draw.next() * spans)));
      const poison = faults.poison(new Set([...bad].map(spanId)));
      const limit = faults.limit(2_000 + Math.floor(draw.next() * 20_000));
      collector.always((request) => limit(request) ?? poison(request));
      const outcome = await senderTo().send(batchWithSpans(from, from + spans), patient);
      expect(outcome).toMatchObject({ state: 'done', accepted: spans - bad.size, rejectedSpans: bad.size });
      expect(takenOnce().filter((id) => Number.parseInt(id, 16) > from)).toEqual(ids(from, from + spans, [...bad]));
    }
  });

  test('an outage in the middle of the search loses nothing and sends nothing twice', async () => {
    const poison = faults.poison(new Set([spanId(40)]));
    collector.next(poison, poison, poison, faults.status(503), faults.status(503));
    collector.always(poison);
    const sender = senderTo();
    const first = await sender.send(batchWithSpans(0, 64), impatient);
    expect(first.state).toBe('waiting');
    const last = await sender.send('rest' in first ? first.rest : batchWithSpans(0, 64), patient);
    expect(last).toMatchObject({ state: 'done', accepted: 63, rejectedSpans: 1 });
    expect(takenOnce()).toEqual(ids(0, 64, [40]));
  });
});

describe('a destination in trouble', () => {
  const waits: readonly [string, Fault, string, string][] = [
    ['401', faults.status(401, 'no token'), 'CredentialError', 'answered 401 Unauthorized: no token'],
    ['403', faults.text(403, '{"message":"forbidden for you"}', 'application/json'), 'CredentialError', '403 Forbidden: forbidden for you'],
    ['404', faults.text(404, '404 page not found\n'), 'DestinationRefused', '/v1/traces answered 404 Not Found: 404 page not found'],
    [
      'a redirect',
      faults.redirect('https://login.example.com/?token=abcdef'),
      'DestinationRefused',
      'redirects to https://login.example.com/ (307)',
    ],
    ['a page for people', faults.text(200, '<html>Log in</html>', 'text/html'), 'DestinationRefused', 'with a page for people'],
    ['429', faults.status(429, 'slow down', { 'retry-after': '1' }), 'DestinationUnavailable', '429 Too Many Requests: slow down'],
    ['503', faults.status(503, 'queue is full'), 'DestinationUnavailable', '503 Service Unavailable: queue is full'],
    ['a reset', faults.reset(), 'DestinationUnavailable', 'cut the connection before it answered'],
  ];

  test.each(waits)('%s makes the file wait, with a reason and the words of the other side', async (_name, fault, reason, message) => {
    collector.always(fault);
    const outcome = await senderTo().send(batchWithSpans(0, 5), impatient);
    expect(outcome).toMatchObject({ state: 'waiting', accepted: 0, failure: { reason } });
    expect('failure' in outcome && outcome.failure.message).toContain(message);
    expect(collector.taken.size).toBe(0);
  });

  test('a short trouble is waited out in hand', async () => {
    collector.next(faults.status(503), faults.reset(), faults.status(502), faults.status(429), faults.status(401));
    expect(await senderTo().send(batchWithSpans(0, 5), patient)).toMatchObject({ state: 'done', accepted: 5, requests: 6 });
    expect(takenOnce()).toEqual(ids(0, 5));
  });

  test('a lost acknowledgement sends the batch again: a duplicate, never a loss', async () => {
    collector.next(faults.lostAcknowledgement());
    expect(await senderTo().send(batchWithSpans(0, 3), patient)).toMatchObject({ state: 'done', accepted: 3 });
    expect([...collector.taken.values()]).toEqual([2, 2, 2]);
  });

  test('a Retry-After is obeyed: nobody asks before it is over', async () => {
    collector.next(faults.status(503, '', { 'retry-after': '120' }));
    const sender = senderTo();
    await sender.send(batchWithSpans(0, 1), impatient);
    expect(await sender.send(batchWithSpans(1, 2), { file: 'b', signal, patienceMs: 50 })).toMatchObject({ state: 'waiting' });
    expect(collector.received).toHaveLength(1);
    const state = sender.state();
    expect(!state.ready && state.retryAt - performance.now()).toBeGreaterThan(110_000);
  });

  test('nobody listens: the source hears that connections are refused, and of the end of it', async () => {
    const sender = senderTo();
    const heard: string[] = [];
    sender.watch((state) => heard.push(state.ready ? 'ready' : state.failure.reason));
    collector.always(faults.status(500));
    const first = sender.send(batchWithSpans(0, 1), patient);
    while (heard.length === 0) await sender.ready('other', signal).then(() => new Promise(setImmediate));
    collector.always(undefined);
    expect(await first).toMatchObject({ state: 'done' });
    expect(heard).toEqual(['DestinationUnavailable', 'ready']);
  });

  test('an answer that never comes is given up', async () => {
    collector.always(faults.slow(new Promise(() => {})));
    const sender = delivery.sender({ ...destinationOf(), timeouts: { connectMs: 20, answerMs: 20 } }, 'shop/agents');
    expect(await sender.send(batchWithSpans(0, 1), impatient)).toMatchObject({
      state: 'waiting',
      failure: { reason: 'DestinationUnavailable', message: expect.stringContaining('did not answer in time') },
    });
  });

  test('trouble of one credential does not stop another', async () => {
    collector.always(({ headers }) => (headers.authorization === 'Bearer right-one' ? undefined : { status: 401 }));
    const withToken = (token: string) => senderTo({ authTokenSecretRef: { name: 'token', key: 'token' } }, { token: { token } });
    const [wrong, right] = [withToken('wrong-one'), withToken('right-one')];
    expect(await wrong.send(batchWithSpans(0, 1), impatient)).toMatchObject({ state: 'waiting' });
    expect(await right.send(batchWithSpans(1, 2), impatient)).toMatchObject({ state: 'done' });
    expect([wrong.state().ready, right.state().ready]).toEqual([false, true]);
  });

  test.each([503, 403])('a file that gets %i three times while others pass pays for it', async (status) => {
    collector.always(faults.poison(new Set([spanId(7)]), 'blocked', status));
    const sender = senderTo();
    let outcome: Outcome = await sender.send(batchWithSpans(7, 8), { file: 'bad', signal, patienceMs: 0 });
    for (let n = 0; outcome.state === 'waiting' && n < 10; n++) {
      const good = await sender.send(batchWithSpans(100 + n, 101 + n), { ...patient, file: `good-${n}` });
      expect(good.state).toBe('done');
      outcome = await sender.send(outcome.rest, { file: 'bad', signal, patienceMs: 0 });
    }
    expect(outcome).toMatchObject({ state: 'failed', failure: { reason: 'Undeliverable' }, requests: 3 });
    expect('failure' in outcome && outcome.failure.message).toMatch(/^failed three times while other files passed; .* blocked$/);
  });

  test('alone, a file never pays for an outage', async () => {
    collector.always(faults.status(503));
    const sender = senderTo();
    const outcome = await sender.send(batchWithSpans(7, 8), { file: 'bad', signal, patienceMs: 200 });
    expect(outcome.state).toBe('waiting');
    expect(outcome.requests).toBeGreaterThan(5);
  });
});

describe('stopping', () => {
  test.each([
    ['may not send any more', 0],
    ['loses the right while it connects', 1],
  ])('a worker that %s does not send', async (_sentence, allowed) => {
    let asked = 0;
    await deliverWith({ canSend: () => asked++ < allowed });
    expect(await senderTo().send(batchWithSpans(0, 1), patient)).toMatchObject({ state: 'fenced', requests: 0 });
    expect(collector.received).toHaveLength(0);
  });

  test('an abort ends a request under way, and the next file is not held up by it', async () => {
    const abort = new AbortController();
    collector.next(async () => {
      abort.abort(new Error('suspended'));
      return undefined;
    });
    const sender = senderTo();
    await expect(sender.send(batchWithSpans(0, 1), { ...patient, signal: abort.signal })).rejects.toThrow('suspended');
    expect(await sender.send(batchWithSpans(1, 2), { file: 'b', signal, patienceMs: 5_000 })).toMatchObject({ state: 'done' });
  });

  test('no more requests are in flight at once than a destination may get', async () => {
    await deliverWith({ inFlight: 2 });
    let [now, most] = [0, 0];
    const gates: (() => void)[] = [];
    collector.always(async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => {
        gates.push(resolve);
        if (gates.length >= 2) for (const open of gates.splice(0)) open();
      });
      now--;
      return undefined;
    });
    const sender = senderTo();
    await Promise.all(Array.from({ length: 8 }, (_, n) => sender.send(batchWithSpans(n, n + 1), { file: `${n}`, signal })));
    expect(most).toBe(2);
  });
});

test('the rules in production wait for seconds, not for milliseconds', () => {
  expect(defaultRules.endpoint.transient.baseMs).toBeGreaterThanOrEqual(1_000);
});
