import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { Replica } from '../../support/replica.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

const canary = (where: string) => `c4n4ry-${where}-7f3a9b`;

let scene: Stage;
let replica: Replica;
/** Where the operator's own traces go. */
const ownTraces: Buffer[] = [];
const tracing = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => ownTraces.push(chunk));
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
});

/** A platform that repeats what it was shown. */
const rudePlatform = createServer(({ headers }, response) => {
  response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: [`no: ${JSON.stringify(headers)}`] }));
});
const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  scene = await stage();
  for (const server of [tracing, rudePlatform]) await once(server.listen(0, '127.0.0.1'), 'listening');
  // What a rude collector does: it repeats what it was shown.
  scene.collector.always(({ path, headers }) =>
    path.startsWith('/rude/')
      ? { status: 401, headers: { 'content-type': 'text/plain' }, body: `no: ${JSON.stringify(headers)}` }
      : undefined,
  );
  replica = await scene.start(['--log-level', 'debug', '--sts-endpoint', scene.s3.endpoint], {
    OTEL_COLLECTOR_AUTH_TOKEN: canary('own-token'),
    OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(tracing),
    OTEL_BSP_SCHEDULE_DELAY: '200',
  });
});
afterAll(async () => {
  for (const server of [tracing, rudePlatform]) server.close().closeAllConnections();
  await scene.close();
});

test('row 8: a canary in every Secret is found nowhere: not in logs, events, status, metrics or traces', async () => {
  await scene.secret('leak-keys', {
    accessKeyId: scene.reader.accessKeyId,
    secretAccessKey: canary('secret-key'),
    sessionToken: canary('session'),
  });
  await scene.secret('leak-id', { externalId: canary('external-id') });
  await scene.secret('leak-token', { token: canary('token') });
  await scene.secret('leak-headers', { 'X-Api-Key': canary('header'), 'X-Tenant': canary('tenant') });
  await scene.secret('leak-ca', { 'ca.crt': canary('ca') });
  await scene.secret('leak-gcs', {
    'key.json': JSON.stringify({ type: 'service_account', private_key: canary('private-key'), client_email: 'a@b' }),
  });
  await scene.secret('leak-azure', { credential: `AccountName=acme;AccountKey=${canary('account-key')};EndpointSuffix=core.windows.net` });

  for (const name of ['rude', 'role', 'own']) scene.put(`${name}/a.json`, agentFile().text);
  const refs = { authTokenSecretRef: { name: 'leak-token', key: 'token' }, headersSecretRef: { name: 'leak-headers' } };
  await scene.source('rude', { destination: { endpoint: `${scene.collector.url}/rude`, ...refs } });
  await scene.source('wrong', {}, { auth: { type: 'AccessKey', accessKeySecretRef: { name: 'leak-keys' } } });
  const roleArn = 'arn:aws:iam::123456789012:role/nobody';
  const role = {
    type: 'AccessKey',
    accessKeySecretRef: { name: 's3-keys' },
    roleArn,
    externalIdSecretRef: { name: 'leak-id', key: 'externalId' },
  };
  await scene.source('role', {}, { auth: role });
  await scene.source('badca', { destination: { endpoint: 'https://127.0.0.1:1', caSecretRef: { name: 'leak-ca', key: 'ca.crt' } } });
  await scene.source('own');
  const gcs = {
    bucket: 'acme-traces',
    auth: { type: 'ServiceAccountKey', keySecretRef: { name: 'leak-gcs', key: 'key.json' } },
  };
  await scene.source('google', { store: { gcs } });
  const azureBlob = {
    account: 'acme',
    container: 'traces',
    auth: { type: 'ConnectionString', secretRef: { name: 'leak-azure', key: 'credential' } },
  };
  await scene.source('azure', { store: { azureBlob } });

  await scene.secret('leak-datadog', { apiKey: canary('api-key'), appKey: canary('app-key') });
  const datadog = {
    endpoint: urlOf(rudePlatform),
    apiKeySecretRef: { name: 'leak-datadog', key: 'apiKey' },
    appKeySecretRef: { name: 'leak-datadog', key: 'appKey' },
  };
  await scene.source('datadog', { store: { datadog } });

  for (const [name, type] of [
    ['datadog', 'Ready'],
    ['wrong', 'Ready'],
    ['role', 'Ready'],
    ['rude', 'DestinationReady'],
    ['badca', 'DestinationReady'],
    ['google', 'Ready'],
    ['azure', 'Ready'],
  ] as const) {
    await scene.condition(name, type, { status: 'False' });
    await scene.ask('ingestionsources', name, 'test', 't');
  }
  await scene.settled('own', { completed: 1 });
  for (const name of ['wrong', 'role', 'google', 'azure', 'datadog']) {
    await eventually(
      () => scene.get(name),
      ({ status }) => status.lastTest?.token === 't',
    );
  }
  await eventually(
    () => ownTraces.length,
    (seen) => seen > 0,
  );

  const places = {
    log: replica.text(),
    objects: await scene.kubectl('get', 'isrc,ifile,iledger,events.events.k8s.io,leases', '-o', 'json'),
    metrics: await (await fetch(`${replica.url}/metrics`)).text(),
    traces: Buffer.concat(ownTraces).toString('latin1'),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(100);
    expect(text.match(/c4n4ry-[a-z-]+/g), place).toBeNull();
    expect(text.includes(scene.reader.secretAccessKey), place).toBe(false);
  }
  // The canaries were at work: the collector was shown them, and its words were cleaned before they were written down.
  expect(scene.collector.received.some(({ headers }) => headers.authorization === `Bearer ${canary('token')}`)).toBe(true);
  expect((await scene.file('rude/a.json'))?.status.message).toContain('[redacted]');
});
