import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { kstatus } from '../../support/kstatus.ts';
import type { Replica } from '../../support/replica.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

const ROLE = 'arn:aws:iam::123456789012:role/';

let scene: Stage;
let replica: Replica;
beforeAll(async () => {
  scene = await stage();
  scene.s3.createBucket('globex-traces');
  scene.s3.identities.addRole({ arn: `${ROLE}trace-reader`, users: ['reader'] });
  const policy = join(mkdtempSync(join(tmpdir(), 'policy-')), 'policy.yaml');
  const rules = {
    buckets: ['s3://acme-*'],
    roleArns: [`${ROLE}trace-*`],
    destinations: [`${scene.collector.url}/acme/**`, 'http://169.254.169.254/**'],
    operatorIdentity: false,
  };
  writeFileSync(policy, JSON.stringify({ namespaces: { [scene.namespace]: rules } }));
  replica = await scene.start(['--policy-file', policy, '--sts-endpoint', scene.s3.endpoint]);
});
afterAll(() => scene.close());

const messageOf = async (name: string) => (await scene.get(name)).status.conditions?.find(({ type }) => type === 'Ready')?.message;

/** A source that must not be served, and what it says. */
async function refused(name: string, says: RegExp, spec: object = {}, store: object = {}) {
  scene.put(`${name}/a.json`, agentFile().text);
  await scene.source(name, spec, store);
  const source = await scene.condition(name, 'Ready', { status: 'False', reason: 'NotAllowed' });
  expect(kstatus(source)).toBe('Failed');
  expect(await messageOf(name)).toMatch(says);
  expect(await scene.files(name)).toEqual([]);
}

describe.concurrent('what the policy file does not allow is refused, and says what the policy allows', () => {
  test('another bucket', () =>
    refused('bucket', /s3:\/\/globex-traces is not among the buckets .*: s3:\/\/acme-\*/, {}, { bucket: 'globex-traces' }));

  test('another role', () => {
    const auth = { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' }, roleArn: `${ROLE}admin` };
    return refused('role', /role\/admin is not among the roles .*: arn:aws:iam::123456789012:role\/trace-\*/, {}, { auth });
  });

  test('another destination', () =>
    refused('destination', /globex\/v1\/traces is not among the destinations/, {
      destination: { endpoint: `${scene.collector.url}/globex` },
    }));

  test("the operator's own identity", () =>
    refused('identity', /identity of the operator: name a Secret/, {}, { auth: { type: 'IAMRole' } }));

  test('a namespace that the policy does not name', async () => {
    const elsewhere = await stage();
    await elsewhere.source('stranger');
    const { status } = await elsewhere.condition('stranger', 'Ready', { status: 'False', reason: 'NotAllowed' });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toMatch(/does not name this namespace/);
    await elsewhere.close();
  });

  test('what it allows goes through, roles included', async () => {
    const file = agentFile();
    scene.put('allowed/a.json', file.text);
    const auth = { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' }, roleArn: `${ROLE}trace-reader` };
    await scene.source('allowed', { destination: { endpoint: `${scene.collector.url}/acme/otlp` } }, { auth });
    await scene.delivered(file.ids);
  });
});

describe.concurrent('addresses that no source may reach', () => {
  test.each([
    ['the metadata service', 'http://169.254.169.254'],
    ['the metadata service in IPv6', 'http://[fd00:ec2::254]'],
    ['the same, wrapped into IPv6', 'http://[::ffff:169.254.169.254]'],
    ['link-local', 'http://[fe80::1]'],
  ])('as endpoint of a store: %s', async (what, endpoint) => {
    const name = `store-${what.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}`;
    await scene.source(name, {}, { endpoint });
    await scene.condition(name, 'StoreReady', { status: 'False', reason: 'EgressRefused' });
  });

  test('as destination', async () => {
    scene.put('to-metadata/a.json', agentFile().text);
    await scene.source('to-metadata', { destination: { endpoint: 'http://169.254.169.254/latest' } });
    await scene.recorded('to-metadata/a.json', { state: 'Pending', reason: 'DestinationEgressRefused' });
    await scene.condition('to-metadata', 'DestinationReady', { status: 'False', reason: 'DestinationEgressRefused' });
  });
});

describe.concurrent('a record that somebody wrote by hand', () => {
  const handmade = (name: string, key: string, uid: string, worker: string) => ({
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionFile',
    metadata: { name, ownerReferences: [{ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', name: 'owner', uid }] },
    spec: { sourceRef: { name: 'owner' }, key, version: 'x', size: 1, modifiedTime: '2026-11-20T10:00:00Z', worker },
  });

  test('does not get a file read that its source does not match, nor one of a source that does not own it', async () => {
    const secret = agentFile();
    scene.put('hr/salaries.json', secret.text);
    const own = agentFile();
    scene.put('owner/a.json', own.text);
    await scene.source('owner');
    await scene.settled('owner', { completed: 1 });
    const { metadata } = await scene.get('owner');
    const worker = (await scene.recorded('owner/a.json', { state: 'Completed' })).spec.worker ?? '';
    const before = scene.s3.operations.filter(({ key }) => key === 'hr/salaries.json').length;
    await scene.apply(handmade('outside-the-prefix', 'hr/salaries.json', metadata.uid ?? '', worker));
    await scene.apply(handmade('of-somebody-else', 'owner/a.json', '00000000-0000-0000-0000-000000000000', worker));
    // The worker has looked at its records again by the time it has ferried a new file.
    const next = agentFile();
    scene.put('owner/b.json', next.text);
    await scene.ask('ingestionsources', 'owner', 'scan', 'now');
    await scene.delivered(next.ids);
    expect(scene.s3.operations.filter(({ key }) => key === 'hr/salaries.json')).toHaveLength(before);
    expect(secret.ids.some((id) => scene.collector.taken.has(id))).toBe(false);
    expect(own.ids.map((id) => scene.collector.taken.get(id))).toEqual([1, 1]);
  });
});

test('without the flag for tests, loopback is refused, too', async () => {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  await replica.stop();
  await scene.startPlain([]);
  await scene.source('loopback', {}, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  await eventually(
    () => scene.get('loopback'),
    ({ status }) => status.conditions?.some(({ type, reason }) => type === 'StoreReady' && reason === 'EgressRefused') ?? false,
  );
  server.close();
});

test('a policy file that is wrong stops the start with a sentence', async () => {
  const broken = join(mkdtempSync(join(tmpdir(), 'policy-')), 'policy.yaml');
  writeFileSync(broken, 'namespaces: {team-a: {bukkets: ["s3://a"]}}');
  const failing = await scene.start(['--policy-file', broken]);
  await eventually(
    () => failing.process.exitCode,
    (code) => code !== null,
  );
  expect(failing.process.exitCode).toBe(2);
  expect(failing.text()).toMatch(/the policy file is wrong at namespaces\.team-a: .*bukkets/);
});
