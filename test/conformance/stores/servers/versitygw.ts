import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startChild } from '../../../support/child.ts';
import { toolPath } from '../../../support/tools.ts';
import type { Driver, TestServer, Trouble } from '../driver.ts';
import { type S3Keys, s3Access } from './s3.ts';
import { nameOf, s3Fixtures } from './s3-client.ts';

const run = promisify(execFile);

/** The Versity S3 Gateway over a directory: a second opinion on the protocol, from people who sell S3. */
export const versitygw: Driver = {
  name: 'versitygw',
  start: async () => {
    const program = toolPath('versitygw');
    return program === undefined ? undefined : start(program);
  },
};

async function start(program: string): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'spanferry-versitygw-'));
  const [data, accounts] = [join(directory, 'data'), join(directory, 'accounts')];
  await Promise.all([mkdir(data), mkdir(accounts)]);
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const owner: S3Keys = { accessKeyId: 'GATEWAYOWNER', secretAccessKey: 'the secret of the owner' };
  const root = ['--access', owner.accessKeyId, '--secret', owner.secretAccessKey];
  const child = await startChild(
    program,
    [
      ...root,
      '--port',
      new URL(endpoint).host,
      '--iam-dir',
      accounts,
      '--keep-alive',
      '--quiet',
      'posix',
      '--sidecar',
      await sidecar(directory),
      data,
    ],
    /.*/,
  );
  const stranger: S3Keys = { accessKeyId: 'STRANGER', secretAccessKey: 'the secret of the stranger' };
  await run(program, [
    'admin',
    ...root,
    '--endpoint-url',
    endpoint,
    'create-user',
    '--access',
    stranger.accessKeyId,
    '--secret',
    stranger.secretAccessKey,
    '--role',
    'user',
  ]);
  const { createBucket, close } = s3Fixtures(endpoint, owner);
  return {
    createBucket,
    troubles: troubles(endpoint, owner, stranger),
    cannot: {
      'leading slash': 'it keeps objects as files, where slashes at the beginning and doubled ones fold',
      'folder and file of one name': 'it keeps objects as files, where a name is either',
    },
    wrongRegion: { access: (bucket) => s3Access(endpoint, nameOf(bucket), owner, { region: 'eu-west-1' }), right: 'us-east-1' },
    stop: async () => {
      close();
      await child.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function sidecar(directory: string): Promise<string> {
  const path = join(directory, 'metadata');
  await mkdir(path);
  return path;
}

const troubles = (endpoint: string, owner: S3Keys, stranger: S3Keys): readonly Trouble[] => [
  {
    name: 'an unknown access key',
    reason: 'InvalidAccessKeyId',
    shows: 'probe',
    arrange: (bucket) => s3Access(endpoint, nameOf(bucket), { ...owner, accessKeyId: 'NOBODY' }),
  },
  {
    name: 'a wrong secret key',
    reason: 'SignatureDoesNotMatch',
    shows: 'probe',
    arrange: (bucket) => s3Access(endpoint, nameOf(bucket), { ...owner, secretAccessKey: 'wrong' }),
  },
  {
    name: 'a bucket that is not there',
    reason: 'NoSuchBucket',
    shows: 'probe',
    arrange: () => s3Access(endpoint, 'no-such-bucket', owner),
  },
  {
    name: 'a bucket that the user may not see',
    reason: 'AccessDenied',
    says: /s3:ListBucket/,
    shows: 'probe',
    arrange: (bucket) => s3Access(endpoint, nameOf(bucket), stranger),
  },
];
