import type { S3Spec } from '../../../../src/stores/spec.ts';
import { type S3Server, startS3Server } from '../../../support/s3-server/server.ts';
import type { Driver, TestBucket, Trouble } from '../driver.ts';
import { asRole, s3Access } from './s3.ts';
import { nameOf } from './s3-client.ts';

const ROLE = 'arn:aws:iam::123456789012:role/trace-reader';

type OwnBucket = TestBucket & { readonly name: string };

/** The project's own S3 and STS server, which can do and refuse everything. */
export const ownS3: Driver = {
  name: 'own S3 server',
  start: async () => {
    const server = await startS3Server();
    // The policy of the reader denies every write, so the suite would fail if the store tried one.
    const reader = server.identities.addUser('reader', ['s3:PutObject', 's3:DeleteObject']);
    server.identities.addRole({ arn: ROLE, users: ['reader'], externalId: 'ferry-7Q' });
    let made = 0;
    return {
      createBucket: async (): Promise<OwnBucket> => {
        const name = `acme-traces-${++made}`;
        server.clearFaults();
        server.setClockOffset(0);
        server.createBucket(name);
        return {
          name,
          access: (prefix = '') => s3Access(server.endpoint, name, reader.credential, { prefix }),
          put: async (key, body) => server.put(name, key, body),
          delete: async (key) => server.remove(name, key),
        };
      },
      troubles: [...credentialTroubles(server), ...placeTroubles(server), ...objectTroubles(server), ...outages(server)],
      hiccups: (['SlowDown', 'InternalError', 'reset', 'truncated'] as const).map((kind) => ({
        name: kind,
        arrange: () => server.fault({ kind, on: 'GetObject', times: 1 }),
      })),
      cannot: {},
      wrongRegion: {
        access: (bucket) => s3Access(server.endpoint, nameOf(bucket), reader.credential, { region: 'eu-west-1' }),
        right: 'us-east-1',
      },
      options: { stsEndpoint: server.endpoint },
      operations: () => server.operations.map(({ name }) => name),
      busy: server.busy,
      stop: server.close,
    };
  },
};

function credentialTroubles({ endpoint, identities }: S3Server): readonly Trouble[] {
  const with_ = (user: { readonly credential: { readonly accessKeyId: string; readonly secretAccessKey: string } }, more = {}) => {
    return (bucket: TestBucket) => s3Access(endpoint, nameOf(bucket), { ...user.credential, ...more });
  };
  const reader = identities.addUser('another-reader');
  const stranger = { credential: { accessKeyId: 'AKIASTRANGER00000000', secretAccessKey: 'whatever' } };
  const expired = identities.addSession({
    arn: 'arn:aws:sts::123456789012:assumed-role/old/session',
    deny: [],
    expiresAt: Date.now() - 1_000,
  });
  const role = (arn: string, externalId: boolean) => (bucket: TestBucket) =>
    s3Access(endpoint, nameOf(bucket), reader.credential, asRole(arn, externalId));
  return [
    { name: 'an unknown access key', reason: 'InvalidAccessKeyId', shows: 'probe', arrange: with_(stranger) },
    { name: 'a wrong secret key', reason: 'SignatureDoesNotMatch', shows: 'probe', arrange: with_(reader, { secretAccessKey: 'wrong' }) },
    { name: 'a wrong session token', reason: 'InvalidToken', shows: 'probe', arrange: with_(reader, { sessionToken: 'wrong' }) },
    { name: 'an expired session token', reason: 'ExpiredToken', shows: 'probe', arrange: with_(expired) },
    {
      name: 'listing that is not granted',
      reason: 'AccessDenied',
      says: /s3:ListBucket/,
      shows: 'probe',
      arrange: with_(identities.addUser('getter', ['s3:ListBucket'])),
    },
    {
      name: 'reading that is not granted',
      reason: 'AccessDenied',
      says: /s3:GetObject/,
      shows: 'probe',
      arrange: with_(identities.addUser('lister', ['s3:GetObject'])),
    },
    {
      name: 'a role without the external id it asks for',
      reason: 'AssumeRoleDenied',
      says: /trace-reader/,
      shows: 'probe',
      arrange: role(ROLE, false),
    },
    { name: 'a role that does not trust the user', reason: 'AssumeRoleDenied', shows: 'probe', arrange: role(`${ROLE}-of-others`, true) },
  ];
}

function placeTroubles(server: S3Server): readonly Trouble[] {
  const { endpoint } = server;
  const reader = server.identities.addUser('traveller').credential;
  const other = (more: Partial<S3Spec>) => (bucket: TestBucket) => s3Access(endpoint, nameOf(bucket), reader, more);
  return [
    {
      name: 'a bucket that is not there',
      reason: 'NoSuchBucket',
      says: /no-such-bucket/,
      shows: 'probe',
      arrange: other({ bucket: 'no-such-bucket' }),
    },
    {
      name: 'a bucket of another account',
      reason: 'WrongBucketOwner',
      says: /999999999999/,
      shows: 'probe',
      arrange: other({ bucketOwner: '999999999999' }),
    },
    {
      name: 'a port where nobody listens',
      reason: 'EndpointUnreachable',
      shows: 'probe',
      arrange: other({ endpoint: 'http://127.0.0.1:1' }),
    },
    {
      name: 'a host that does not exist',
      reason: 'EndpointUnreachable',
      shows: 'probe',
      arrange: other({ endpoint: 'http://store.invalid' }),
    },
    {
      name: 'a metadata address',
      reason: 'EgressRefused',
      says: /169\.254\.169\.254/,
      shows: 'probe',
      arrange: other({ endpoint: 'http://169.254.169.254' }),
    },
    { name: 'a web site', reason: 'StoreProtocolError', shows: 'probe', arrange: faulty(server, 'html') },
    { name: 'a redirect', reason: 'PermanentRedirect', shows: 'probe', arrange: faulty(server, 'redirect') },
    { name: 'a clock that is off and stays so', reason: 'ClockSkew', shows: 'probe', arrange: faulty(server, 'skew') },
  ];
}

function objectTroubles(server: S3Server): readonly Trouble[] {
  const replaced =
    (body: string, more = {}) =>
    (bucket: TestBucket) => {
      server.put(nameOf(bucket), 'file.json', body, more);
      return bucket.access();
    };
  return [
    { name: 'an archived object', reason: 'Archived', shows: 'open', arrange: replaced('{}', { storageClass: 'DEEP_ARCHIVE' }) },
    {
      name: 'an object under a key of KMS that may not be used',
      reason: 'KmsAccessDenied',
      says: /kms:Decrypt/,
      shows: 'open',
      arrange: replaced('{}', { kmsDenied: true }),
    },
    {
      name: 'an object that changes just before it is read',
      reason: 'Superseded',
      shows: 'open',
      arrange: faulty(server, 'changed', 'GetObject'),
    },
  ];
}

const outages = (server: S3Server): readonly Trouble[] => [
  { name: 'a store that asks to slow down', reason: 'Throttled', shows: 'probe', arrange: faulty(server, 'SlowDown') },
  { name: 'a store that fails', reason: 'StoreUnavailable', shows: 'probe', arrange: faulty(server, 'InternalError') },
  { name: 'a store that hangs up', reason: 'StoreUnavailable', shows: 'probe', arrange: faulty(server, 'reset') },
];

function faulty(server: S3Server, kind: Parameters<S3Server['fault']>[0]['kind'], on?: string): Trouble['arrange'] {
  return (bucket) => {
    server.fault({ kind, ...(on && { on }) });
    return bucket.access();
  };
}
