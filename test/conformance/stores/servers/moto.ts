import { readFile } from 'node:fs/promises';
import { freePort, startChild } from '../../../support/child.ts';
import { toolPath } from '../../../support/tools.ts';
import type { Driver, TestServer, Trouble } from '../driver.ts';
import { asRole, type S3Keys, s3Access } from './s3.ts';
import { nameOf, s3Fixtures } from './s3-client.ts';

const ROLE = 'arn:aws:iam::123456789012:role/trace-reader';

/** Moto, which knows IAM: policies, roles and their trust. */
export const moto: Driver = {
  name: 'moto',
  start: async () => {
    const program = toolPath('moto_server');
    return program === undefined ? undefined : start(program);
  },
};

async function start(program: string): Promise<TestServer> {
  const { endpoint, strict, stop, ...iam } = await startIam(program, true);
  const reader = await iam.user('reader', allow('s3:List*', 's3:Get*', 'sts:*'));
  const lister = await iam.user('lister', allow('s3:List*'));
  const nobody = await iam.user('nobody', allow('sqs:*'));
  await iam.role('trace-reader', reader.arn, allow('s3:List*', 's3:Get*'));
  const { createBucket, close } = s3Fixtures(endpoint, reader);
  return {
    createBucket: async () => {
      // It is strict only where a case is about that, because of how it looks at signatures.
      await strict(false);
      return createBucket();
    },
    troubles: troubles(endpoint, reader, lister, nobody).map((trouble) => ({
      ...trouble,
      arrange: async (bucket) => {
        await strict(true);
        return trouble.arrange(bucket);
      },
    })),
    cannot: { 'newline in a key': 'it answers with a web page' },
    manyKeys: 1_000,
    options: { stsEndpoint: endpoint },
    stop: async () => {
      close();
      await stop();
    },
  };
}

/** A server with users and roles, which asks their policies where it is strict. */
export type Iam = Awaited<ReturnType<typeof startIam>>;

/**
 * Starts moto. It gets no signature right of a request with a slash in a parameter, such as a prefix: with `looksAtSignatures` false it takes every
 * signature, and asks nothing but policies.
 */
export async function startIam(program: string, looksAtSignatures: boolean) {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const { hostname, port } = new URL(endpoint);
  const [, python = ''] = /^#!(.+)$/m.exec(await readFile(program, 'utf8')) ?? [];
  const command = looksAtSignatures ? [program] : [python, '-c', takingEverySignature];
  const [first = '', ...rest] = [...command, '-H', hostname, '-p', port];
  const child = await startChild(first, rest, /Running on/, { INITIAL_NO_AUTH_ACTION_COUNT: '1000000' });
  const strict = async (on: boolean) =>
    void (await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: on ? '0' : '1000000' }));
  return { endpoint, strict, ...iamOf(endpoint), stop: child.stop };
}

const takingEverySignature = [
  'import sys',
  'from moto.iam.access_control import IAMRequestBase',
  'from moto.server import main',
  'IAMRequestBase.check_signature = lambda self: None',
  'sys.exit(main())',
].join('\n');

const troubles = (endpoint: string, reader: S3Keys, lister: S3Keys, nobody: S3Keys): readonly Trouble[] => [
  {
    name: 'an unknown access key',
    reason: 'InvalidAccessKeyId',
    shows: 'probe',
    arrange: (bucket) => s3Access(endpoint, nameOf(bucket), { ...reader, accessKeyId: 'AKIASTRANGER00000000' }),
  },
  {
    name: 'a wrong secret key',
    reason: 'SignatureDoesNotMatch',
    shows: 'probe',
    arrange: (bucket) => s3Access(endpoint, nameOf(bucket), { ...reader, secretAccessKey: 'wrong' }),
  },
  {
    name: 'a bucket that is not there',
    reason: 'NoSuchBucket',
    shows: 'probe',
    arrange: () => s3Access(endpoint, 'no-such-bucket', reader),
  },
  {
    name: 'listing that is not granted',
    reason: 'AccessDenied',
    says: /s3:ListBucket/,
    shows: 'probe',
    arrange: (bucket) => s3Access(endpoint, nameOf(bucket), nobody),
  },
  {
    name: 'reading that is not granted',
    reason: 'AccessDenied',
    says: /s3:GetObject/,
    shows: 'probe',
    arrange: (bucket) => s3Access(endpoint, nameOf(bucket), lister),
  },
  {
    name: 'a role that the user may not assume',
    reason: 'AssumeRoleDenied',
    says: /trace-reader/,
    shows: 'probe',
    arrange: (bucket) => s3Access(endpoint, nameOf(bucket), lister, asRole(ROLE, true)),
  },
];

const allow = (...actions: readonly string[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });

/** The few calls of IAM that make users and roles, while moto does not check who calls. */
function iamOf(endpoint: string) {
  const call = async (parameters: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await fetch(endpoint, {
      method: 'POST',
      body: new URLSearchParams({ Version: '2010-05-08', ...parameters }),
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=setup/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0' },
    });
    const xml = await answer.text();
    if (!answer.ok) throw new Error(`${parameters.Action}: ${xml}`);
    return xml;
  };
  const element = (xml: string, name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1] ?? '';

  return {
    user: async (name: string, policy: string) => {
      const arn = element(await call({ Action: 'CreateUser', UserName: name }), 'Arn');
      await call({ Action: 'PutUserPolicy', UserName: name, PolicyName: 'policy', PolicyDocument: policy });
      const key = await call({ Action: 'CreateAccessKey', UserName: name });
      return { arn, accessKeyId: element(key, 'AccessKeyId'), secretAccessKey: element(key, 'SecretAccessKey') };
    },
    role: async (name: string, trusted: string, policy: string) => {
      const trust = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: trusted }, Action: ['sts:AssumeRole', 'sts:TagSession'] }],
      };
      await call({ Action: 'CreateRole', RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) });
      await call({ Action: 'PutRolePolicy', RoleName: name, PolicyName: 'policy', PolicyDocument: policy });
    },
  };
}
