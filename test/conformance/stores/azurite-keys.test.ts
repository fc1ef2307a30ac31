import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import { openStores } from '../../../src/stores/registry.ts';
import type { TestServer } from './driver.ts';
import { files, text } from './reading.ts';
import { azurite } from './servers/azurite.ts';

let server: TestServer | undefined;
const stores = openStores({ allowLoopback: true });

beforeAll(async () => {
  server = await azurite.start();
});
afterAll(async () => {
  stores.close();
  await server?.stop();
});

describe('keys that the SDK of Azure folds', () => {
  test('fail by name instead of passing for replaced or deleted, and the others are read', async () => {
    const bucket = await server!.createBucket();
    for (const key of ['a/../run.json', './lone.json', 'run.json']) await bucket.put(key, key);
    const { spec, secrets } = bucket.access();
    const store = await stores.open(spec, {
      source: { namespace: 'ml-platform', name: 'checkout-agents' },
      secrets,
      operatorIdentity: false,
    });
    await store.probe();
    const fates = new Map<string, string>();
    for (const file of await files(store)) fates.set(file.key, await text(store, file).catch((thrown) => failureOf(thrown).reason));
    expect(Object.fromEntries(fates)).toEqual({ 'a/../run.json': 'Unreadable', './lone.json': 'Unreadable', 'run.json': 'run.json' });
  });
});
