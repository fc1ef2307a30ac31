import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startAzureMonitorServer } from '../../support/platforms/azuremonitor.ts';
import { startCloudTraceServer } from '../../support/platforms/cloudtrace.ts';
import { datadogKeys, startDatadogServer } from '../../support/platforms/datadog.ts';
import type { PlatformServer, SentSpan } from '../../support/platforms/platform.ts';
import { startXrayServer } from '../../support/platforms/xray.ts';
import { type Stage, stage } from '../../support/stage.ts';

const MINUTE = 60_000;

let scene: Stage;
let [datadog, cloudTrace, azureMonitor, xray]: PlatformServer[] = [];

beforeAll(async () => {
  scene = await stage();
  [datadog, cloudTrace, azureMonitor, xray] = await Promise.all([
    startDatadogServer(Date.now),
    startCloudTraceServer(Date.now),
    startAzureMonitorServer(Date.now),
    startXrayServer(Date.now, { access: (id) => (id === 'AKIABLIND' ? 'denied' : 'granted') }),
  ]);
  await scene.secret('datadog-keys', datadogKeys);
  await scene.start();
});
afterAll(async () => {
  await Promise.all([scene.close(), ...[datadog, cloudTrace, azureMonitor, xray].map((server) => server?.stop())]);
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
  datadog?.send(...wanted, ...trafficOf('somebody-else', [20]));
  await scene.source('datadog', {
    store: { datadog: { site: 'eu1', endpoint: datadog?.origin, service: 'checkout-agents', ...pace, ...keys } },
  });
  await scene.delivered(idsOf(wanted));
  const { status } = await scene.condition('datadog', 'StoreReady', { status: 'True', reason: 'PartlyReachable' });
  expect(status.location).toBe('datadog://eu1/checkout-agents');
  expect(status.modifiedAfter).toBeDefined();
  expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toMatch(/slices? done, .*complete up to \d{4}-/);
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
  await scene.source('half', { store: { datadog: { endpoint: datadog?.origin, ...pace, ...half } } });
  const { status } = await scene.condition('half', 'StoreReady', { status: 'False', reason: 'MissingCredential' });
  expect(JSON.stringify(status)).toContain('the application key (key appKey of Secret half) is not there');
  expect(JSON.stringify(status)).not.toContain(datadogKeys.apiKey);
});

test.concurrent('row 56: slices without spans say what usually is the cause', async () => {
  await scene.source('silent', { store: { datadog: { endpoint: datadog?.origin, service: 'chekout-agents', ...pace, ...keys } } });
  const { status } = await scene.condition('silent', 'Ready', { status: 'True', reason: 'NoData' });
  const { message = '' } = status.conditions?.find(({ type }) => type === 'Ready') ?? {};
  expect(message).toMatch(/no span of service chekout-agents in them: .*named exactly.*sampling.*lookback \(30m\)/);
});

test.concurrent('rows 45, 50 and 54: so do those of Cloud Trace, Azure Monitor and X-Ray, each with its provider', async () => {
  const platforms = {
    cloudtrace: { server: cloudTrace, spec: { cloudTrace: { project: 'acme-prod-4711', auth: { type: 'None' } } } },
    azuremonitor: {
      server: azureMonitor,
      spec: { azureMonitor: { workspaceId: '11111111-2222-3333-4444-555555555555', auth: { type: 'None' } } },
    },
    xray: { server: xray, spec: { xray: { region: 'us-east-1', auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } } } } },
  };
  const wanted = new Map<string, readonly SentSpan[]>();
  for (const [name, { server, spec }] of Object.entries(platforms)) {
    const its = trafficOf('checkout-agents', [4, 3, 2]);
    wanted.set(name, its);
    server?.send(...its, ...trafficOf('somebody-else', [3]));
    const [[kind, member] = ['', {}]] = Object.entries(spec);
    const store = { [kind]: { ...member, endpoint: server?.origin, service: 'checkout-agents', ...pace, lookback: '5m' } };
    await scene.source(name, { store });
  }
  for (const its of wanted.values()) await scene.delivered(idsOf(its));
  for (const name of wanted.keys()) expect((await scene.get(name)).status.location).toMatch(new RegExp(`^${name}://.*/checkout-agents$`));
  for (const id of [...wanted.values()].flatMap(idsOf)) expect(scene.collector.taken.get(id), id).toBe(1);
});

test.concurrent('row 57: the permission that is missing is named', async () => {
  await scene.secret('blind', { accessKeyId: 'AKIABLIND', secretAccessKey: 'secret' });
  const auth = { type: 'AccessKey', accessKeySecretRef: { name: 'blind' } };
  await scene.source('blind', { store: { xray: { region: 'us-east-1', endpoint: xray?.origin, ...pace, auth } } });
  const { status } = await scene.condition('blind', 'StoreReady', { status: 'False', reason: 'AccessDenied' });
  expect(JSON.stringify(status.conditions)).toContain('xray:GetTraceSummaries on X-Ray in us-east-1 is not granted');
});
