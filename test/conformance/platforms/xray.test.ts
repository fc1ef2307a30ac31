import { BatchGetTracesCommand, PutTraceSegmentsCommand, XRayClient } from '@aws-sdk/client-xray';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import { openStores } from '../../../src/stores/registry.ts';
import { freePort, startChild } from '../../support/child.ts';
import type { SentSpan } from '../../support/platforms/platform.ts';
import { segment, startXrayServer } from '../../support/platforms/xray.ts';
import { toolPath } from '../../support/tools.ts';
import { virtualClock } from '../../support/virtual-clock.ts';
import { files } from '../stores/reading.ts';
import { idsOf, readSlice } from './reading.ts';
import { xray, xrayAccess } from './servers/xray.ts';
import { conformance } from './suite.ts';

conformance(xray);

const source = { namespace: 'ml-platform', name: 'checkout-agents' };
const sent = (start: number, n: number): SentSpan => ({
  traceId: `6564f0a2${n.toString(16).padStart(24, 'a')}`,
  spanId: `b${n.toString(16).padStart(15, '0')}`,
  service: 'checkout-agents',
  name: 'GET /cart',
  start,
  durationMs: 25,
});

describe('X-Ray, beside what is common', () => {
  const MINUTE = 60_000;

  async function started() {
    const clock = virtualClock();
    const server = await startXrayServer(clock.now);
    const stores = openStores({ allowLoopback: true, clock });
    const { spec, secrets } = xrayAccess(server.origin);
    const store = await stores.open(spec, { source, secrets, operatorIdentity: false });
    onTestFinished(async () => {
      store.close();
      stores.close();
      await server.stop();
    });
    const spans = Array.from({ length: 7 }, (_, n) => sent(clock.now() + n, n + 1));
    server.send(...spans);
    const from = clock.now();
    await clock.advance(3 * MINUTE);
    const file = (await files(store, { notBefore: from })).find(({ modifiedTime }) => modifiedTime > from)!;
    /** Reads while time goes on. */
    const read = async () => {
      let over = false;
      const reading = readSlice(store, file).finally(() => {
        over = true;
      });
      reading.catch(() => {});
      while (!over) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (!over) await clock.advance(1_000);
      }
      return reading;
    };
    return { server, read, ids: spans.map(({ spanId }) => spanId).sort() };
  }

  test('ids that were not processed are asked for again', async () => {
    const { server, read, ids } = await started();
    server.leaveUnprocessed(3);
    expect(idsOf(await read())).toEqual(ids);
  });

  test('ids that stay unprocessed fail the slice: nothing of it counts as read', async () => {
    const { server, read } = await started();
    server.leaveUnprocessed(1_000);
    const failure = await read().then(() => undefined, failureOf);
    expect(failure).toMatchObject({ reason: 'StoreUnavailable' });
    expect(failure?.message).toMatch(/X-Ray gave only a part: 1-6564f0a2-\w+ stayed unprocessed/);
  });

  test('where Transaction Search is on, the spans of indexed traces are retrieved from it', async () => {
    const { server, read, ids } = await started();
    server.searchTransactions(true);
    expect(idsOf(await read())).toEqual(ids);
    expect(server.calls.map(({ url }) => url.pathname)).toContain('/StartTraceRetrieval');
  });
});

const program = toolPath('moto_server');
const aMoto = program === undefined ? describe.skip : describe;

aMoto('X-Ray by moto', () => {
  let stop: (() => Promise<void>) | undefined;
  afterAll(() => stop?.());

  test('segments that somebody has put are read as spans', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const { hostname, port } = new URL(endpoint);
    const child = await startChild(program ?? '', ['-H', hostname, '-p', port], /Running on/);
    stop = child.stop;
    const client = new XRayClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'AKIAREADER', secretAccessKey: 'secret' } });
    const now = Date.now();
    const spans = [sent(now - 4 * 60_000, 1), sent(now - 4 * 60_000 + 10, 2)];
    await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: spans.map((span) => JSON.stringify(segment(span))) }));
    // What is asked for is there, whoever asks.
    const { Traces } = await client.send(
      new BatchGetTracesCommand({ TraceIds: spans.map(({ traceId }) => `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`) }),
    );
    expect(Traces).toHaveLength(2);
    client.destroy();
    const stores = openStores({ allowLoopback: true });
    const { spec, secrets } = xrayAccess(endpoint, undefined, { settle: '1s' });
    const store = await stores.open(spec, { source, secrets, operatorIdentity: false });
    await store.probe();
    const read: string[] = [];
    for (const file of await files(store, { notBefore: now - 6 * 60_000 })) read.push(...idsOf(await readSlice(store, file)));
    store.close();
    stores.close();
    expect(read.sort()).toEqual(spans.map(({ spanId }) => spanId).sort());
  });
});
