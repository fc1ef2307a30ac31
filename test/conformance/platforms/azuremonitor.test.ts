import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStores } from '../../../src/stores/registry.ts';
import { type AzureMonitorServer, startAzureMonitorServer } from '../../support/platforms/azuremonitor.ts';
import { type VirtualClock, virtualClock } from '../../support/virtual-clock.ts';
import { files } from '../stores/reading.ts';
import { readSlice } from './reading.ts';
import { azureMonitor } from './servers/azuremonitor.ts';
import { conformance } from './suite.ts';

conformance(azureMonitor);

let clock: VirtualClock;
let server: AzureMonitorServer;
beforeAll(async () => {
  clock = virtualClock();
  server = await startAzureMonitorServer(clock.now);
});
afterAll(() => server.stop());

test('an exception that comes after its span brings the span once more, with the event', async () => {
  const { access } = await azureMonitor.start(clock.now);
  const { azureMonitor: spec } = access('checkout-agents').spec;
  const stores = openStores({ allowLoopback: true, clock });
  const store = await stores.open(
    { azureMonitor: { ...spec!, endpoint: server.origin, appTraces: true, auth: { type: 'None' } } },
    { source: { namespace: 'ml-platform', name: 'shop' }, secrets: {}, operatorIdentity: false },
  );
  const start = clock.now();
  const span = {
    traceId: '6564f0a2aaaabbbbccccdddd00001111',
    spanId: 'b000000000000001',
    service: 'checkout-agents',
    name: 'GET /cart',
    start,
    durationMs: 5,
  };
  server.send(span);
  server.sendEvent({ table: 'AppTraces', spanId: span.spanId, message: 'looking for the cart', arrives: start + 10 });
  server.sendEvent({ table: 'AppExceptions', spanId: span.spanId, message: 'no such cart', arrives: start + 5 * 60_000 });
  await clock.advance(3 * 60_000);
  const first = (await files(store, { notBefore: start })).find(({ modifiedTime }) => modifiedTime > start);
  const read = async () =>
    (await readSlice(store, (await files(store, { notBefore: start })).find(({ key }) => key === first?.key)!)) as readonly object[];
  expect(await read()).toMatchObject([{ spanId: span.spanId, events: [{ name: 'log' }] }]);
  await clock.advance(10 * 60_000);
  expect(await read()).toMatchObject([{ spanId: span.spanId, events: [{ name: 'log' }, { name: 'exception' }] }]);
  store.close();
  stores.close();
});
