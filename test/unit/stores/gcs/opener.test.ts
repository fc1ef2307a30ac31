import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { failureOf } from '../../../../src/api/failure.ts';
import { gcsOpener } from '../../../../src/stores/gcs/opener.ts';
import { gcsPlace } from '../../../../src/stores/gcs/place.ts';
import type { Secrets } from '../../../../src/stores/provider.ts';
import type { GcsSpec } from '../../../../src/stores/spec.ts';

const traces: GcsSpec = { bucket: 'acme-traces', prefix: '', auth: { type: 'WorkloadIdentity' } };
const opener = gcsOpener({});
afterAll(() => opener.close());

function opening(spec: Partial<GcsSpec>, operatorIdentity = true, secrets: Secrets = {}) {
  const source = { namespace: 'ml-platform', name: 'checkout-agents' };
  try {
    const store = opener.open({ ...traces, ...spec }, { source, secrets, operatorIdentity });
    store.close();
    return store.location;
  } catch (thrown) {
    return failureOf(thrown);
  }
}

describe("where Google's tokens may go", () => {
  const google = ['https://storage.googleapis.com', 'https://storage.europe-west3.rep.googleapis.com', 'https://storage.s3nsapis.fr'];
  test.each(google)('%s is of Google', (endpoint) => {
    expect(opening({ endpoint, auth: { type: 'WorkloadIdentity' } })).toBe('gs://acme-traces/');
  });

  const foreign = [
    'http://storage.googleapis.com',
    'https://storage.googleapis.com:8443',
    'https://storage.googleapis.com.evil.example',
    'https://evil-googleapis.com',
    'https://gcs.internal:4443',
  ];
  test.each(foreign)('%s is foreign', (endpoint) => {
    expect(opening({ endpoint, auth: { type: 'WorkloadIdentity' } })).toMatchObject({ reason: 'InvalidSpec' });
    expect(opening({ endpoint, auth: { type: 'ServiceAccountKey', keySecretRef: { name: 'gcs', key: 'key.json' } } })).toMatchObject({
      reason: 'InvalidSpec',
    });
    expect(opening({ endpoint, auth: { type: 'None' } })).toBe('gs://acme-traces/');
  });

  test('the identity of the operator needs the consent of its policy', () => {
    expect(opening({}, false)).toMatchObject({ reason: 'NotAllowed' });
  });

  test('a Secret that is not there is missed, and nothing takes its place', () => {
    expect(opening({ auth: { type: 'ServiceAccountKey', keySecretRef: { name: 'gcs', key: 'key.json' } } })).toMatchObject({
      reason: 'MissingCredential',
      message: expect.stringContaining('gcs'),
    });
  });
});

describe('keys of another cloud', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const key = {
    type: 'service_account',
    client_email: 'reader@acme.s3ns.iam.gserviceaccount.com',
    private_key,
    universe_domain: 's3nsapis.fr',
  };
  const secrets = { gcs: { 'key.json': JSON.stringify(key) } };
  const auth = { type: 'ServiceAccountKey', keySecretRef: { name: 'gcs', key: 'key.json' } } as const;

  test('are shown to their own cloud alone', () => {
    expect(opening({ auth, endpoint: 'https://storage.s3nsapis.fr' }, true, secrets)).toBe('gs://acme-traces/');
    expect(opening({ auth }, true, secrets)).toMatchObject({
      reason: 'InvalidCredential',
      message: expect.stringContaining('set endpoint to https://storage.s3nsapis.fr'),
    });
  });
});

describe('the identity of a bucket', () => {
  test('is the same through every endpoint of Google', () => {
    const [global, regional] = [undefined, 'https://storage.europe-west3.rep.googleapis.com'].map((endpoint) =>
      gcsPlace({ ...traces, ...(endpoint && { endpoint }) }),
    );
    expect(global).toEqual({ location: 'gs://acme-traces/', identity: { kind: 'gcs', endpoint: 'googleapis.com', bucket: 'acme-traces' } });
    expect(regional?.identity).toEqual(global?.identity);
  });

  test('is another at a foreign endpoint, and never depends on the prefix', () => {
    const one = gcsPlace({ ...traces, endpoint: 'https://gcs.internal:4443/', prefix: 'agents/' });
    expect(one.identity).toEqual(gcsPlace({ ...traces, endpoint: 'https://gcs.internal:4443' }).identity);
    expect(one.identity.endpoint).toBe('https://gcs.internal:4443');
  });
});
