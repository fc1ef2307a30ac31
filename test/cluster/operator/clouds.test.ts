import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestServer } from '../../conformance/stores/driver.ts';
import { azurite } from '../../conformance/stores/servers/azurite.ts';
import { type GcsServer, startGcsServer } from '../../support/gcs-server/server.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
let gcs: GcsServer;
let azure: TestServer;
beforeAll(async () => {
  [scene, gcs] = await Promise.all([stage(), startGcsServer()]);
  const started = await azurite.start();
  if (!started) throw new Error('azurite did not start');
  azure = started;
  await scene.start();
});
afterAll(async () => {
  await Promise.all([scene.close(), gcs.stop(), azure.stop()]);
});

test.concurrent('row 1: Google Cloud Storage', async () => {
  const [one, two] = [agentFile(), agentFile()];
  const bucket = gcs.createBucket('acme-gcs-traces', { public: true });
  bucket.put('agents/a.json', Buffer.from(one.text));
  await scene.source('google', {
    store: { gcs: { bucket: 'acme-gcs-traces', prefix: 'agents/', endpoint: gcs.origin, auth: { type: 'None' } } },
  });
  await scene.delivered(one.ids);
  const record = await scene.recorded('agents/a.json', { state: 'Completed' });
  expect(record.spec.version, 'the generation').toMatch(/^\d+$/);
  bucket.put('agents/a.json', Buffer.from(two.text));
  await scene.ask('ingestionsources', 'google', 'scan', 'now');
  await scene.delivered(two.ids);
  const { status } = await scene.settled('google', { completed: 2 });
  expect(status.location).toBe('gs://acme-gcs-traces/agents/');
  expect(new Set(gcs.operations)).toEqual(new Set(['ListObjects', 'GetObject']));
});

test.concurrent('row 9: two containers of Azure are two sources, with one connection string', async () => {
  const containers = [await azure.createBucket(), await azure.createBucket()];
  const files = [agentFile(), agentFile()];
  for (const [n, container] of containers.entries()) {
    await container.put(`agents-${n}/a.json`, Buffer.from(files[n]?.text ?? ''));
    const { spec, secrets } = container.access();
    const { endpoint, container: name } = spec.azureBlob ?? {};
    const text = `DefaultEndpointsProtocol=http;AccountName=acmetraces;AccountKey=${secrets.azure?.credential};BlobEndpoint=${endpoint};`;
    await scene.secret('azure', { connectionString: text });
    const auth = { type: 'ConnectionString', secretRef: { name: 'azure', key: 'connectionString' } };
    await scene.source(`azure-${n}`, { store: { azureBlob: { endpoint, container: name, auth } } });
  }
  for (const [n, { ids }] of files.entries()) {
    await scene.delivered(ids);
    await scene.settled(`azure-${n}`, { completed: 1 });
  }
});

test.concurrent('row 9: a connection string that cannot be read says what is wrong, and never shows itself', async () => {
  const { spec } = (await azure.createBucket()).access();
  const { endpoint, container } = spec.azureBlob ?? {};
  await scene.secret('azure-broken', { connectionString: 'AccountName=acmetraces;AccountKee=hunter2' });
  const auth = { type: 'ConnectionString', secretRef: { name: 'azure-broken', key: 'connectionString' } };
  await scene.source('azure-broken', { store: { azureBlob: { endpoint, container, auth } } });
  const source = await scene.condition('azure-broken', 'StoreReady', { status: 'False', reason: 'InvalidCredential' });
  expect(JSON.stringify(source.status)).not.toContain('hunter2');
});
