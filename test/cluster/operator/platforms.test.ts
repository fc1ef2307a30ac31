import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { datadogKeys, startDatadogServer } from '../../support/platforms/datadog.ts';
import type { PlatformServer, SentSpan } from '../../support/platforms/platform.ts';
import { type Stage, stage } from '../../support/stage.ts';

const MINUTE = 60_000;

let scene: Stage;
let datadog: PlatformServer;

beforeAll(async () => {
  scene = await stage();
  datadog = await startDatadogServer(Date.now);
  await scene.secret('datadog-keys', datadogKeys);
  await scene.start();
});
afterAll(async () => {
  await Promise.all([scene.close(), datadog.stop()]);
});

let count = 0;

/** Spans of the last half hour, one in each of some slices. */
function trafficOf(service: string, minutesAgo: readonly number[]): readonly SentSpan[] {
  return minutesAgo.map((minutes) => {
    const digits = (++count).toString(16).padStart(15, '0');
    const traceId = `6564f0a2${digits.padStart(24, 'a')}`;
    return { traceId, spanId: `d${digits}`, service, name: 'GET /cart', start: Date.now() - minutes * MINUTE, durationMs: 20 };
  });
}

const idsOf = (spans: readonly SentSpan[]): readonly string[] => spans.map(({ spanId }) => spanId);

/** Short, so that a test sees slices which have just ended. */
const pace = { lookback: '30m', settle: '1s', overlap: '10m' } as const;
const keys = { apiKeySecretRef: { name: 'datadog-keys' }, appKeySecretRef: { name: 'datadog-keys' } };

test.concurrent('rows 45 to 49, 52: spans of one service of Datadog flow in slices, each once', async () => {
  const wanted = trafficOf('checkout-agents', [28, 21, 14, 12]);
  datadog.send(...wanted, ...trafficOf('somebody-else', [20]));
  await scene.source('datadog', {
    store: { datadog: { site: 'eu1', endpoint: datadog.origin, service: 'checkout-agents', ...pace, ...keys } },
  });
  await scene.delivered(idsOf(wanted));
  const { status } = await scene.condition('datadog', 'StoreReady', { status: 'True', reason: 'PartlyReachable' });
  expect(status.location).toBe('datadog://eu1/checkout-agents');
  expect(status.modifiedAfter).toBeDefined();
  const [record] = await scene.files('datadog');
  expect(record?.spec.key).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z\/PT5M$/);
  expect(record?.spec.version).toMatch(/^pass-[12]$/);
  // Asked for everything once more, nothing comes twice.
  await scene.ask('ingestionsources', 'datadog', 'scan', 'again');
  await eventually(
    () => scene.get('datadog'),
    ({ status }) => status.handled?.scan === 'again',
  );
  for (const id of idsOf(wanted)) expect(scene.collector.taken.get(id), id).toBe(1);
});

test.concurrent('row 51: what is missing of the two keys is named', async () => {
  await scene.secret('half', { apiKey: datadogKeys.apiKey });
  const half = { apiKeySecretRef: { name: 'half' }, appKeySecretRef: { name: 'half' } };
  await scene.source('half', { store: { datadog: { endpoint: datadog.origin, ...pace, ...half } } });
  const { status } = await scene.condition('half', 'StoreReady', { status: 'False', reason: 'MissingCredential' });
  expect(JSON.stringify(status)).toContain('the application key (key appKey of Secret half) is not there');
  expect(JSON.stringify(status)).not.toContain(datadogKeys.apiKey);
});

test.concurrent('row 56: slices without spans say what usually is the cause', async () => {
  await scene.source('silent', { store: { datadog: { endpoint: datadog.origin, service: 'chekout-agents', ...pace, ...keys } } });
  const { status } = await scene.condition('silent', 'Ready', { status: 'True', reason: 'NoData' });
  const { message = '' } = status.conditions?.find(({ type }) => type === 'Ready') ?? {};
  expect(message).toMatch(/no span of service chekout-agents in them: .*named exactly.*sampling.*lookback \(30m\)/);
});
