import { expect, test, vi } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import { store as storeSchema } from '../../../src/api/store.ts';
import { openStores, placeOf, secretNamesOf } from '../../../src/stores/registry.ts';

vi.mock('@aws-sdk/client-xray', () => {
  throw new Error("Cannot find package '@aws-sdk/client-xray'");
});

const keys = { apiKeySecretRef: { name: 'keys' }, appKeySecretRef: { name: 'keys' } };
const context = {
  source: { namespace: 'ml-platform', name: 'checkout-agents' },
  secrets: { keys: { apiKey: 'a', appKey: 'b' } },
  operatorIdentity: true,
};

test('row 58: a platform whose SDK is missing says so, and does not disturb the others', async () => {
  const stores = openStores();
  const xray = storeSchema.parse({ xray: { region: 'us-east-1' } });
  for (let attempt = 0; attempt < 2; attempt++) {
    const failure = await stores.open(xray, context).then(() => undefined, failureOf);
    expect(failure?.message).toMatch(/^the client of xray cannot be loaded: /);
  }
  const others = [
    { datadog: keys },
    { cloudTrace: { project: 'acme-prod-4711' } },
    { azureMonitor: { workspaceId: '11111111-2222-3333-4444-555555555555' } },
    { s3: { bucket: 'acme-traces' } },
  ];
  for (const spec of others) (await stores.open(storeSchema.parse(spec), context)).close();
  stores.close();
});

test.each([
  [{ xray: { region: 'us-east-1', service: 'shop' } }, 'xray://us-east-1/shop', 'amazonaws.com/us-east-1', 'shop'],
  [{ xray: { region: 'us-east-1', filter: 'fault' } }, 'xray://us-east-1/', 'amazonaws.com/us-east-1', '* fault'],
  [
    { cloudTrace: { project: 'acme-prod-4711', service: 'shop' } },
    'cloudtrace://acme-prod-4711/shop',
    'googleapis.com/acme-prod-4711',
    'shop',
  ],
  [
    { azureMonitor: { workspaceId: '11111111-2222-3333-4444-AAAAAAAAAAAA' } },
    'azuremonitor://11111111-2222-3333-4444-aaaaaaaaaaaa/',
    'azure/11111111-2222-3333-4444-aaaaaaaaaaaa',
    '*',
  ],
  [{ datadog: { site: 'eu1', service: 'shop', ...keys } }, 'datadog://eu1/shop', 'api.datadoghq.eu', 'shop'],
  [{ datadog: { site: 'api.datadoghq.eu', ...keys } }, 'datadog://api.datadoghq.eu/', 'api.datadoghq.eu', '*'],
])('rows 45 and 52: where %j looks, and what its slices are told apart by', (spec, location, endpoint, bucket) => {
  const place = placeOf(storeSchema.parse(spec));
  expect(place).toMatchObject({ location, identity: { endpoint, bucket } });
});

test('the Secrets of a platform are named once each', () => {
  expect(secretNamesOf(storeSchema.parse({ datadog: { ...keys, caSecretRef: { name: 'ca' } } }))).toEqual(['ca', 'keys']);
});
