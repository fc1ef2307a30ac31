import { describe, expect, test } from 'vitest';
import { manifestText } from '../../../../src/cli/create/manifest.ts';
import { type SourceFlags, sourceFrom } from '../../../../src/cli/create/source.ts';

describe('row 61: a location becomes spec.store:', () => {
  test.each<[url: string, flags: SourceFlags, store: object]>([
    ['s3://acme-traces/agents/prod/', {}, { s3: { bucket: 'acme-traces', prefix: 'agents/prod/', auth: { type: 'IAMRole' } } }],
    ['s3://acme-traces', {}, { s3: { bucket: 'acme-traces', auth: { type: 'IAMRole' } } }],
    [
      'https://acme-traces.s3.eu-west-1.amazonaws.com/agents/',
      {},
      { s3: { bucket: 'acme-traces', prefix: 'agents/', region: 'eu-west-1', auth: { type: 'IAMRole' } } },
    ],
    [
      'https://s3.eu-west-1.amazonaws.com/acme-traces/agents/',
      {},
      { s3: { bucket: 'acme-traces', prefix: 'agents/', region: 'eu-west-1', auth: { type: 'IAMRole' } } },
    ],
    [
      's3://acme-traces/',
      { endpoint: 'https://s3.internal:9000', pathStyle: true, secret: 's3-keys', caSecret: 'store-ca/tls.crt' },
      {
        s3: {
          bucket: 'acme-traces',
          endpoint: 'https://s3.internal:9000',
          forcePathStyle: true,
          caSecretRef: { name: 'store-ca', key: 'tls.crt' },
          auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } },
        },
      },
    ],
    ['gs://acme-traces/agents/', {}, { gcs: { bucket: 'acme-traces', prefix: 'agents/', auth: { type: 'WorkloadIdentity' } } }],
    [
      'gs://acme-traces',
      { endpoint: 'http://fake-gcs:4443' },
      { gcs: { bucket: 'acme-traces', endpoint: 'http://fake-gcs:4443', auth: { type: 'None' } } },
    ],
    [
      'https://storage.googleapis.com/acme-traces/a/',
      { secret: 'key' },
      { gcs: { bucket: 'acme-traces', prefix: 'a/', auth: { type: 'ServiceAccountKey', keySecretRef: { name: 'key' } } } },
    ],
    [
      'azblob://acmetraces/traces/agents/',
      {},
      { azureBlob: { account: 'acmetraces', container: 'traces', prefix: 'agents/', auth: { type: 'WorkloadIdentity' } } },
    ],
    [
      'https://acmetraces.blob.core.windows.net/traces',
      {},
      { azureBlob: { account: 'acmetraces', container: 'traces', auth: { type: 'WorkloadIdentity' } } },
    ],
    [
      'https://acmetraces.blob.core.usgovcloudapi.net/traces',
      { auth: 'SAS', secret: 'sas/token' },
      {
        azureBlob: {
          endpoint: 'https://acmetraces.blob.core.usgovcloudapi.net',
          container: 'traces',
          auth: { type: 'SAS', secretRef: { name: 'sas', key: 'token' } },
        },
      },
    ],
    [
      'cloudtrace://acme-prod-4711/checkout',
      {},
      { cloudTrace: { project: 'acme-prod-4711', service: 'checkout', auth: { type: 'WorkloadIdentity' } } },
    ],
    [
      'cloudtrace://acme-prod-4711',
      { endpoint: 'http://traces.internal' },
      { cloudTrace: { project: 'acme-prod-4711', endpoint: 'http://traces.internal', auth: { type: 'None' } } },
    ],
    [
      'azuremonitor://11111111-2222-3333-4444-555555555555/checkout',
      {},
      { azureMonitor: { workspaceId: '11111111-2222-3333-4444-555555555555', service: 'checkout', auth: { type: 'WorkloadIdentity' } } },
    ],
    [
      'datadog://eu1/checkout',
      { secret: 'dd' },
      { datadog: { site: 'eu1', service: 'checkout', apiKeySecretRef: { name: 'dd' }, appKeySecretRef: { name: 'dd' } } },
    ],
  ])('%s %j', (url, flags, store) => {
    expect(sourceFrom(url, flags).manifest.spec).toEqual({ store });
  });
});

describe('its name', () => {
  test.each([
    ['s3://acme-traces/agents/prod/', 'acme-traces-agents-prod'],
    ['s3://Acme.Traces/', undefined],
    ['gs://acme_traces/A B/', 'acme-traces-a-b'],
    [`s3://acme-traces/${'deep/'.repeat(20)}`, `acme-traces-${'deep-'.repeat(10)}d`.slice(0, 63)],
  ])('of %s is made of the letters that a name may have', (url, name) => {
    if (name === undefined) expect(() => sourceFrom(url, {})).toThrow("spec.store.s3.bucket: a bucket's name has");
    else expect(sourceFrom(url, {}).manifest.metadata.name).toBe(name);
  });
});

describe('what does not fit together is told in a sentence:', () => {
  test.each<[sentence: string, url: string, flags: SourceFlags, says: string]>([
    ['no location', 'ftp://acme', {}, 'ftp://acme is no location; write s3://bucket/prefix, gs://bucket/prefix, azblob://'],
    ['a flag of another store', 'gs://acme-traces', { region: 'us-east-1' }, '--region does not go with gs://bucket/prefix'],
    [
      'a Secret that the type does not take',
      's3://acme-traces',
      { auth: 'IAMRole', secret: 'keys' },
      'type IAMRole takes no accessKeySecretRef',
    ],
    [
      'a token without a destination',
      's3://acme-traces',
      { tokenSecret: 'collector' },
      '--token-secret and --headers-secret need --destination',
    ],
    ['two ways to choose by time', 's3://acme-traces', { since: '7d', latest: 20 }, 'give at most one of since, after and latest'],
    ['an interval that is too short', 's3://acme-traces', { interval: '1s' }, 'interval must be 10s or more'],
    [
      'a type that there is not',
      'gs://acme-traces',
      { auth: 'magic' },
      'spec.store.gcs.auth.type: this must be WorkloadIdentity or ServiceAccountKey or None',
    ],
  ])('%s', (_sentence, url, flags, says) => {
    expect(() => sourceFrom(url, flags)).toThrow(says);
  });
});

test('the manifest says what it does, what must be there, and what else can be said', async () => {
  const flags: SourceFlags = {
    namespace: 'ml-platform',
    endpoint: 'https://s3.internal:9000',
    pathStyle: true,
    secret: 's3-keys',
    roleArn: 'arn:aws:iam::123456789012:role/trace-reader',
    externalIdSecret: 'trace-reader/externalId',
    destination: 'http://otel-collector:4318',
    tokenSecret: 'collector',
    extension: ['.json', '.ndjson'],
    since: '7d',
  };
  await expect(manifestText('s3://acme-traces/agents/prod/', sourceFrom('s3://acme-traces/agents/prod/', flags))).toMatchFileSnapshot(
    '../../../fixtures/screens/create.full.yaml',
  );
  await expect(manifestText('gs://acme-traces/agents/', sourceFrom('gs://acme-traces/agents/', {}))).toMatchFileSnapshot(
    '../../../fixtures/screens/create.plain.yaml',
  );
});
