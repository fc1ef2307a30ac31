import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  BatchGetTracesCommand,
  GetTraceSummariesCommand,
  ListRetrievedTracesCommand,
  StartTraceRetrievalCommand,
} from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../../../src/api/failure.ts';
import { openStores, type Stores } from '../../../src/stores/registry.ts';
import { blocksOf } from '../../support/pages.ts';
import { toolPath } from '../../support/tools.ts';
import { xrayAccess } from '../platforms/servers/xray.ts';
import type { Access } from './driver.ts';
import { files, text } from './reading.ts';
import { type Iam, startIam } from './servers/moto.ts';
import { type S3Keys, s3Access } from './servers/s3.ts';

type Statement = { readonly Effect: 'Allow'; readonly Action: string | readonly string[]; readonly Resource: string };

/** The policies that a page tells people to save. What depends on a condition is not known to moto: it is judged without. */
const policiesOf = (page: string): readonly (readonly Statement[])[] =>
  blocksOf(page)
    .filter(({ language }) => language === 'json')
    .map(({ text }) => JSON.parse(text).Statement.map(({ Condition: _, ...statement }: { Condition?: object } & Statement) => statement));

const documentOf = (Statement: readonly Statement[]): string => JSON.stringify({ Version: '2012-10-17', Statement });

const source = { namespace: 'ml-platform', name: 'checkout-agents' };
const program = toolPath('moto_server');

/** Decided by moto, which knows IAM. */
describe.skipIf(program === undefined)('the least that a policy must allow, as pages have it', () => {
  let iam: Iam;
  let stores: Stores;
  beforeAll(async () => {
    iam = await startIam(program ?? '', false);
    stores = openStores({ allowLoopback: true });
  });
  afterAll(async () => {
    stores.close();
    await iam.stop();
  });

  let count = 0;
  /** From here on its policy, and that of everybody else, is asked. */
  const userWith = async (statements: readonly Statement[]): Promise<S3Keys> => {
    await iam.strict(false);
    const user = await iam.user(`reader-${count++}`, documentOf(statements));
    await iam.strict(true);
    return user;
  };
  const open = ({ spec, secrets }: Access) => stores.open(spec, { source, secrets, operatorIdentity: false });
  const clientOf = ({ accessKeyId, secretAccessKey }: S3Keys) => ({
    endpoint: iam.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  });
  const failing = (work: Promise<unknown>) => work.then(() => undefined, failureOf);

  describe.each([
    ['docs/permissions.md', 'acme-traces', 'agents/prod/'],
    ['docs/getting-started/eks.md', 'acme-traces', 'agents/prod/'],
    ['docs/getting-started/minio.md', 'traces', ''],
  ])('%s', (page, bucket, prefix) => {
    const [statements = []] = policiesOf(page);
    const key = `${prefix}run.json`;

    beforeAll(async () => {
      await iam.strict(false);
      const s3 = new S3Client({ ...clientOf({ accessKeyId: 'setup', secretAccessKey: 'setup' }), forcePathStyle: true });
      for (const Bucket of [bucket, 'another']) {
        await s3.send(new CreateBucketCommand({ Bucket }));
        await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: '{}' }));
      }
      s3.destroy();
    });

    test('is enough to probe, list and read', async () => {
      const store = await open(s3Access(iam.endpoint, bucket, await userWith(statements), { prefix }));
      await store.probe();
      const [listed] = await files(store);
      expect(listed?.key).toBe(key);
      expect(await text(store, listed!)).toBe('{}');
    });

    test.each([
      ['s3:ListBucket', /s3:ListBucket/],
      ['s3:GetObject', /s3:GetObject/],
    ])('is not enough without %s, and the source says so', async (action, says) => {
      const rest = statements.filter(({ Action }) => Action !== action);
      expect(rest).toHaveLength(statements.length - 1);
      const store = await open(s3Access(iam.endpoint, bucket, await userWith(rest), { prefix }));
      const failure = await failing(store.probe());
      expect(failure).toMatchObject({ reason: 'AccessDenied' });
      expect(failure?.message).toMatch(says);
    });

    test('allows no other bucket, and no writing', async () => {
      const user = await userWith(statements);
      const other = await open(s3Access(iam.endpoint, 'another', user, { prefix }));
      expect(await failing(other.probe())).toMatchObject({ reason: 'AccessDenied' });
      const s3 = new S3Client({ ...clientOf(user), forcePathStyle: true });
      await expect(s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'forged' }))).rejects.toMatchObject({
        name: 'AccessDenied',
      });
      s3.destroy();
    });
  });

  // It calls the actions of X-Ray by their paths, so it can refuse, and not grant by the names that AWS knows.
  test("a user without rights on X-Ray is told which one is missing, in words that are no parser's", async () => {
    const user = await userWith([{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }]);
    const { spec } = xrayAccess(iam.endpoint);
    const store = await stores.open(spec, { source, secrets: { 'xray-keys': { ...user } }, operatorIdentity: false });
    expect(await failing(store.probe())).toMatchObject({
      reason: 'AccessDenied',
      message: 'xray:GetTraceSummaries on X-Ray in us-east-1 is not granted (HTTP 403)',
    });
  });
});

test('the policy for X-Ray names the calls that are made, as its SDK has them', () => {
  const called = [GetTraceSummariesCommand, BatchGetTracesCommand, StartTraceRetrievalCommand, ListRetrievedTracesCommand];
  const named = policiesOf('docs/getting-started/xray.md')
    .flat()
    .flatMap(({ Action }) => Action);
  expect(named).toEqual(called.map(({ name }) => `xray:${name.replace('Command', '')}`));
});
