import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDelivery, type Delivery } from '../../../src/delivery/delivery.ts';
import { isFailure, resolveDestination } from '../../../src/delivery/destination.ts';
import { systemClock } from '../../../src/std/clock.ts';
import { batchWithSpans } from '../../support/collector-proto.ts';
import { type CollectorStub, type Fault, faults, startCollector } from '../../support/collector-stub.ts';

/** One in every place where a secret can stand. */
const canaries = { token: 'canary-token-5e1c', header: 'canary-header-77b0', password: 'canary-password-02d9', query: 'canary-query-b41f' };
const everyCanary = Object.values(canaries).join(' ');
const basic = Buffer.from(`writer:${canaries.password}`).toString('base64');

let collector: CollectorStub;
let delivery: Delivery;
const seen: unknown[] = [];
beforeEach(async () => {
  collector = await startCollector();
  const observe = (...all: readonly unknown[]) => seen.push(...all);
  delivery = createDelivery({
    clock: systemClock,
    egress: { policy: { allowLoopback: true } },
    observer: { answered: observe, changed: observe },
  });
});
afterEach(async () => {
  await delivery.close();
  await collector.close();
});

const echo: Fault = ({ headers, path }) => ({
  status: 500,
  headers: { 'content-type': 'text/plain' },
  body: `${JSON.stringify(headers)} ${path}`,
});

test.each<[string, Fault]>([
  ['echoes all headers', echo],
  ['quotes the token', faults.status(401, `unknown token: ${everyCanary} ${basic}`)],
  ['quotes it in a refusal of the content', faults.text(400, everyCanary)],
  ['quotes it in JSON', faults.text(403, JSON.stringify({ error: { message: everyCanary } }), 'application/json')],
  ['quotes it in a page', faults.text(404, `<p title="${canaries.token}">${everyCanary}</p>`, 'text/html')],
  ['quotes it in a partial success', faults.partialSuccess(1, everyCanary)],
  ['puts it into a redirect', faults.redirect(`https://login.example/${canaries.token}?token=${canaries.header}`)],
  ['cuts the connection', faults.reset()],
])('a collector that %s does not make us tell a secret', async (_sentence, fault) => {
  const secrets = {
    collector: { token: canaries.token },
    extra: { 'x-api-key': canaries.header, 'x-upstream': `Basic ${basic}` },
  };
  const endpoint = `${collector.url}/?key=${canaries.query}`;
  const spec = {
    endpoint,
    compression: 'None' as const,
    authTokenSecretRef: { name: 'collector', key: 'token' },
    headersSecretRef: { name: 'extra' },
  };
  const destination = resolveDestination(spec, { endpoint }, secrets);
  if (isFailure(destination)) throw new Error(destination.message);
  collector.always(fault);
  const sender = delivery.sender(destination, 'shop/agents');
  const outcome = await sender.send(batchWithSpans(0, 2), { file: 'a', signal: new AbortController().signal, patienceMs: 0 });
  // The body of a consignment holds the spans themselves, which are no secret of ours.
  const told = JSON.stringify([{ ...outcome, rest: undefined }, sender.state(), seen]);
  expect(told.length).toBeGreaterThan(100);
  for (const canary of [...Object.values(canaries), basic]) expect(told).not.toContain(canary);
  expect(collector.received[0]?.headers.authorization).toBe(`Bearer ${canaries.token}`);
});
