import { expect, onTestFinished, test } from 'vitest';
import { openStores } from '../../../src/stores/registry.ts';
import { virtualClock } from '../../support/virtual-clock.ts';
import { files } from '../stores/reading.ts';
import { readSlice } from './reading.ts';
import { datadog } from './servers/datadog.ts';
import { conformance } from './suite.ts';

conformance(datadog);

test('spans before the one that tells the upper half of their trace id wait for it, also over pages', async () => {
  const clock = virtualClock();
  const { server, access } = await datadog.start(clock.now);
  const stores = openStores({ allowLoopback: true, clock });
  const { spec, secrets } = access();
  const store = await stores.open(spec, { source: { namespace: 'ml-platform', name: 'shop' }, secrets, operatorIdentity: false });
  onTestFinished(async () => {
    store.close();
    stores.close();
    await server.stop();
  });
  const start = clock.now();
  const traceId = '6564f0a2000000000000000000000001';
  const common = { traceId, service: 'checkout-agents', name: 'GET /cart', durationMs: 5 };
  const hex = (n: number) => n.toString(16).padStart(16, '0');
  for (let n = 1; n <= 120; n++) server.send({ ...common, spanId: hex(n), start: start + n, attributes: { '_dd.p.tid': '' } });
  server.send({ ...common, spanId: hex(121), start: start + 121 });
  await clock.advance(8 * 60_000);
  const file = (await files(store, { notBefore: start })).find(({ modifiedTime }) => modifiedTime > start)!;
  const spans = await readSlice(store, file);
  expect(spans).toHaveLength(121);
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
});
