import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../../src/api/failure.ts';
import { credential } from '../../../../src/stores/azureblob/credential.ts';
import { azureBlobPlace } from '../../../../src/stores/azureblob/place.ts';
import type { AzureBlobSpec } from '../../../../src/stores/spec.ts';

const KEY = 'c2VjcmV0LWtleS1vZi1hY21lLXRyYWNlcw==';
const ref = { name: 'azure', key: 'credential' };
type Type = NonNullable<NonNullable<AzureBlobSpec['auth']>['type']>;

function chosen(place: Pick<AzureBlobSpec, 'account' | 'endpoint'>, type: Type, secret?: string, operatorIdentity = true) {
  const spec: AzureBlobSpec = {
    ...place,
    container: 'traces',
    prefix: '',
    auth: { type, ...(type !== 'WorkloadIdentity' && { secretRef: ref }) },
  };
  const secrets = secret === undefined ? {} : { azure: { credential: secret } };
  try {
    return credential(spec, { source: { namespace: 'ml-platform', name: 'checkout-agents' }, secrets, operatorIdentity });
  } catch (thrown) {
    return failureOf(thrown);
  }
}

const acme = { account: 'acmetraces' };
const foreign = { endpoint: 'https://blobs.internal:10000/acmetraces' };

describe('what a source reads with', () => {
  test.each([
    acme,
    { endpoint: 'https://acmetraces.blob.core.windows.net/' },
    { endpoint: 'https://acmetraces.z13.blob.storage.azure.net' },
    { endpoint: 'https://acmetraces.blob.core.usgovcloudapi.net' },
    { endpoint: 'https://acmetraces.blob.core.chinacloudapi.cn' },
  ])('the operator shows its token to %j', (place) => {
    expect(chosen(place, 'WorkloadIdentity')).toMatchObject({ as: 'WorkloadIdentity' });
  });

  test.each([
    foreign,
    { endpoint: 'http://acmetraces.blob.core.windows.net' },
    { endpoint: 'https://acmetraces.blob.core.windows.net:8443' },
    { endpoint: 'https://acmetraces.blob.core.windows.net.evil.example' },
    { endpoint: 'https://blob.core.windows.net.evil.example' },
  ])('but not to %j', (place) => {
    expect(chosen(place, 'WorkloadIdentity')).toMatchObject({ reason: 'InvalidSpec', message: expect.stringMatching(/token of Azure/) });
  });

  test('nor where the policy of its operator forbids it', () => {
    expect(chosen(acme, 'WorkloadIdentity', undefined, false)).toMatchObject({ reason: 'NotAllowed' });
  });

  test('the account of a key follows from the endpoint: the path at an emulator, the host elsewhere', () => {
    expect(chosen(foreign, 'AccountKey', KEY)).toMatchObject({ account: 'acmetraces', url: 'https://blobs.internal:10000/acmetraces' });
    expect(chosen({ endpoint: 'https://acmetraces.blob.core.windows.net' }, 'AccountKey', `${KEY}\n`)).toMatchObject({
      account: 'acmetraces',
      key: KEY,
    });
  });

  test('a SAS may begin with a question mark', () => {
    expect(chosen(acme, 'SAS', '?sp=rl&sig=abc')).toMatchObject({ as: 'SAS', sas: 'sp=rl&sig=abc' });
  });

  test('a connection string is a key or a SAS', () => {
    expect(chosen(acme, 'ConnectionString', `AccountName=acmetraces;AccountKey=${KEY}`)).toMatchObject({ as: 'AccountKey', key: KEY });
    const sas = 'BlobEndpoint=https://acmetraces.blob.core.windows.net/;SharedAccessSignature=sp=rl&sig=abc';
    expect(chosen(acme, 'ConnectionString', sas)).toMatchObject({ as: 'SAS', sas: 'sp=rl&sig=abc' });
  });

  const refused: readonly [sentence: string, type: Type, secret: string | undefined, reason: string][] = [
    ['a connection string that leads to another account', 'ConnectionString', `AccountName=other;AccountKey=${KEY}`, 'InvalidCredential'],
    [
      'a connection string that leads to the metadata service',
      'ConnectionString',
      `BlobEndpoint=http://169.254.169.254/;AccountName=acmetraces;AccountKey=${KEY}`,
      'InvalidCredential',
    ],
    ['a key that is not base64', 'AccountKey', 'hunter2', 'InvalidCredential'],
    ['a SAS without signature', 'SAS', 'sp=rl&se=2026-11-20', 'InvalidCredential'],
    ['a Secret that is not there', 'AccountKey', undefined, 'MissingCredential'],
    ['an empty Secret', 'SAS', ' \n', 'MissingCredential'],
  ];
  test.each(refused)('not %s', (_sentence, type, secret, reason) => {
    expect(chosen(acme, type, secret)).toMatchObject({ reason });
  });

  test('what tells credentials apart does not give them away', () => {
    const one = chosen(acme, 'AccountKey', KEY);
    expect(one).not.toEqual(chosen(acme, 'AccountKey', `A${KEY.slice(1)}`));
    expect('by' in one && one.by).not.toContain(KEY.slice(0, 8));
  });
});

describe('the identity of a container', () => {
  test('is the same for an account and its endpoint', () => {
    const traces = { container: 'traces', prefix: '', auth: { type: 'WorkloadIdentity' } } as const;
    const byAccount = azureBlobPlace({ ...acme, ...traces, prefix: 'agents/' });
    const byEndpoint = azureBlobPlace({ endpoint: 'https://acmetraces.blob.core.windows.net/', ...traces });
    expect(byAccount.identity).toEqual(byEndpoint.identity);
    expect(byAccount).toEqual({
      location: 'azblob://acmetraces/traces/agents/',
      identity: { kind: 'azureBlob', endpoint: 'acmetraces.blob.core.windows.net', bucket: 'traces' },
    });
  });
});
