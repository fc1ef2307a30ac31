import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reasons } from '../../../src/api/reasons.ts';
import { eventually } from '../../support/eventually.ts';
import { kstatus } from '../../support/kstatus.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

const ROLE = 'arn:aws:iam::123456789012:role/trace-reader';

let scene: Stage;
beforeAll(async () => {
  scene = await stage();
  const operator = scene.s3.identities.addUser('operator').credential;
  scene.s3.identities.addRole({ arn: ROLE, users: ['reader', 'operator'], externalId: 'ferry-7Q' });
  await scene.start(['--sts-endpoint', scene.s3.endpoint], {
    AWS_ACCESS_KEY_ID: operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: operator.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  });
});
afterAll(() => scene.close());

const keys = (name: string) => ({ auth: { type: 'AccessKey', accessKeySecretRef: { name } } });
const asRole = { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' }, roleArn: ROLE };
const messageOf = async (name: string, type = 'Ready') =>
  (await scene.get(name)).status.conditions?.find((each) => each.type === type)?.message;

/** Trouble that a person has to end: what the source must look like. */
async function stalls(name: string, reason: keyof typeof reasons, says: RegExp) {
  const source = await scene.condition(name, 'StoreReady', { status: 'False', reason });
  expect(kstatus(source), 'kstatus').toBe('Failed');
  for (const type of ['Ready', 'Stalled']) expect(source.status.conditions?.find((each) => each.type === type)?.reason).toBe(reason);
  const message = (await messageOf(name)) ?? '';
  expect(message).toMatch(says);
  expect(message.toLowerCase(), 'the remedy').toContain(reasons[reason].remedy.toLowerCase());
  await eventually(
    () => scene.events(name),
    (events) => events.some((event) => event.type === 'Warning' && event.reason === reason),
  );
}

describe.concurrent('a store that does not let us in is explained by reason, cause and remedy', () => {
  test('rows 11 and 12: an access key that the store does not know', async () => {
    await scene.secret('unknown-key', { ...scene.reader, accessKeyId: 'AKIASTRANGER00000000' });
    await scene.source('unknown-key', {}, keys('unknown-key'));
    await stalls('unknown-key', 'InvalidAccessKeyId', /does not exist in our records/);
  });

  test('rows 12 and 59: a wrong secret key; once the Secret is corrected everything flows, without a restart', async () => {
    const file = agentFile();
    scene.put('wrong-secret/a.json', file.text);
    await scene.secret('mistyped', { ...scene.reader, secretAccessKey: 'mistyped' });
    await scene.source('wrong-secret', {}, keys('mistyped'));
    await stalls('wrong-secret', 'SignatureDoesNotMatch', /signature/i);
    await scene.secret('mistyped', scene.reader);
    await scene.delivered(file.ids);
    const source = await scene.settled('wrong-secret', { completed: 1 });
    expect(kstatus(source)).toBe('Current');
    await eventually(
      () => scene.events('wrong-secret'),
      (events) => events.some(({ reason }) => reason === 'Recovered'),
    );
  });

  test('row 12: a bucket that does not exist', async () => {
    await scene.source('lost-bucket', {}, { bucket: 'acme-tracse' });
    await stalls('lost-bucket', 'NoSuchBucket', /acme-tracse/);
  });

  test('row 12: listing is not granted, and the message names s3:ListBucket', async () => {
    await scene.secret('blind', scene.s3.identities.addUser('blind', ['s3:ListBucket']).credential);
    await scene.source('blind', {}, keys('blind'));
    await stalls('blind', 'AccessDenied', /s3:ListBucket on s3:\/\/acme-traces\/blind\//);
  });

  test('row 12: reading is not granted, and the message names s3:GetObject', async () => {
    scene.put('lister/a.json', agentFile().text);
    await scene.secret('lister', scene.s3.identities.addUser('lister', ['s3:GetObject']).credential);
    await scene.source('lister', {}, keys('lister'));
    await stalls('lister', 'AccessDenied', /s3:GetObject on s3:\/\/acme-traces\/lister\/a\.json/);
  });

  test.each([
    ['rows 3 and 12: AuthorizationHeaderMalformed', 'malformed', false],
    ['row 12: PermanentRedirect', 'redirected', true],
  ])('%s: a wrong region is reported together with the right one, and the bucket is read there', async (_row, name, redirects) => {
    const file = agentFile();
    scene.s3.createBucket(`acme-${name}`, { region: 'ap-south-1', redirects });
    scene.s3.put(`acme-${name}`, `${name}/a.json`, file.text);
    await scene.source(name, {}, { bucket: `acme-${name}`, region: 'us-east-1' });
    await scene.delivered(file.ids);
    await scene.condition(name, 'StoreReady', { status: 'True', reason: 'RegionMismatch' });
    const said = await messageOf(name, 'StoreReady');
    expect(said).toMatch(/the bucket is in ap-south-1/);
    expect(said).toContain('spec.store.s3.region');
    await eventually(
      () => scene.events(name),
      (events) => events.some(({ type, reason }) => type === 'Warning' && reason === 'RegionMismatch'),
    );
  });

  test('row 5: nothing listens at the endpoint: the source is on its way, because it may come up', async () => {
    await scene.source('silent', {}, { endpoint: 'http://127.0.0.1:1' });
    const source = await scene.condition('silent', 'StoreReady', { status: 'False', reason: 'EndpointUnreachable' });
    expect(kstatus(source)).toBe('InProgress');
  });

  test('a Secret that is not there, and one without the key', async () => {
    await scene.source('no-secret', {}, keys('nowhere'));
    await stalls('no-secret', 'MissingCredential', /nowhere/);
    await scene.secret('nowhere', { accessKeyId: scene.reader.accessKeyId });
    await eventually(
      () => messageOf('no-secret'),
      (message) => /secretAccessKey/.test(message ?? ''),
    );
  });
});

describe.concurrent('row 6: how a source proves who it is', () => {
  test('by the identity of the operator, where no Secret is named', async () => {
    const file = agentFile();
    scene.put('own-identity/a.json', file.text);
    await scene.source('own-identity', {}, { auth: { type: 'IAMRole' } });
    await scene.delivered(file.ids);
    const { status } = await scene.settled('own-identity', { completed: 1 });
    expect(status.identity, 'row 62').toContain('user/operator');
  });

  test('by keys from a Secret; the status says who the store takes us for (row 62)', async () => {
    scene.put('keyed/a.json', agentFile().text);
    await scene.source('keyed');
    const { status } = await scene.settled('keyed', { completed: 1 });
    expect(status.identity).toContain('user/reader');
  });

  test('row 7: by a role that is assumed through STS, with the external id from a Secret', async () => {
    const file = agentFile();
    scene.put('role/a.json', file.text);
    await scene.secret('trace-reader', { externalId: 'ferry-7Q' });
    await scene.source('role', {}, { auth: { ...asRole, externalIdSecretRef: { name: 'trace-reader', key: 'externalId' } } });
    await scene.delivered(file.ids);
    expect((await scene.settled('role', { completed: 1 })).status.identity).toContain('assumed-role/trace-reader');
  });

  test('row 7: without the external id the role is refused, and the message says what to allow', async () => {
    await scene.source('no-id', {}, { auth: asRole });
    await stalls('no-id', 'AssumeRoleDenied', /trace-reader may not be assumed/);
  });
});

describe.concurrent('rows 11, 13 and 62: the test annotation', () => {
  test('says how many files match and who we are', async () => {
    for (const name of ['a.json', 'b.json', 'c.txt']) scene.put(`tested/${name}`, agentFile().text);
    await scene.source('tested');
    await scene.ask('ingestionsources', 'tested', 'test', 't-1');
    const { status } = await eventually(
      () => scene.get('tested'),
      ({ status }) => status.lastTest?.token === 't-1',
    );
    expect(status.lastTest).toMatchObject({ ok: true, filesFound: 2 });
    expect(status.lastTest?.message).toContain('2 files');
    expect(status.identity).toContain('user/reader');
    expect(status.handled?.test).toBe('t-1');
    await eventually(
      () => scene.events('tested'),
      (events) => events.some(({ reason }) => reason === 'TestSucceeded'),
    );
  });

  test('says what is wrong where it fails, and may be asked again', async () => {
    await scene.source('tested-wrong', {}, { bucket: 'acme-tracse' });
    await scene.ask('ingestionsources', 'tested-wrong', 'test', 't-1');
    const { status } = await eventually(
      () => scene.get('tested-wrong'),
      ({ status }) => status.lastTest?.token === 't-1',
    );
    expect(status.lastTest).toMatchObject({ ok: false, reason: 'NoSuchBucket' });
    await eventually(
      () => scene.events('tested-wrong'),
      (events) => events.some(({ type, reason }) => type === 'Warning' && reason === 'TestFailed'),
    );
    await scene.ask('ingestionsources', 'tested-wrong', 'test', 't-2');
    await eventually(
      () => scene.get('tested-wrong'),
      ({ status }) => status.lastTest?.token === 't-2',
    );
  });

  test('works on a suspended source, too', async () => {
    scene.put('tested-asleep/a.json', agentFile().text);
    await scene.source('tested-asleep', { suspend: true });
    await scene.ask('ingestionsources', 'tested-asleep', 'test', 't-1');
    const { status } = await eventually(
      () => scene.get('tested-asleep'),
      ({ status }) => status.lastTest?.token === 't-1',
    );
    expect(status.lastTest).toMatchObject({ ok: true, filesFound: 1 });
  });
});

describe.concurrent('what the schema of a source refuses by itself', () => {
  test.each([
    ['row 2: a bucket name with capitals', {}, { bucket: 'Acme_Traces' }, /3 to 63 characters/],
    ['row 2: a bucket name of two letters', {}, { bucket: 'ac' }, /3 to 63 characters/],
    ['row 41: a description of 1,001 letters', { description: 'x'.repeat(1_001) }, {}, /1000/],
    ['row 29: two application ids', { applicationIds: ['a', 'b'] }, {}, /at most one application id/],
    ['row 6: keys without a Secret', {}, { auth: { type: 'AccessKey' } }, /accessKeySecretRef/],
    ['row 60: a filter by trace id', { scan: { traceId: 'x' } }, {}, /traceId/],
  ])('%s', async (_what, spec, store, says) => {
    await expect(scene.source('refused', spec, store)).rejects.toThrow(says);
  });

  test('row 1: a source names exactly one store', async () => {
    const both = { s3: { bucket: 'acme-traces' }, gcs: { bucket: 'acme-traces' } };
    await expect(scene.source('refused', { store: both })).rejects.toThrow(/exactly one/);
  });
});
