import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../../src/api/failure.ts';
import { serviceAccountKey } from '../../../../src/stores/gcs/key.ts';

const key = {
  type: 'service_account',
  project_id: 'acme',
  private_key_id: '9f2c',
  private_key: '-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n',
  client_email: 'trace-reader@acme.iam.gserviceaccount.com',
  token_uri: 'http://169.254.169.254/computeMetadata/v1/',
};

const read = (content: unknown) =>
  serviceAccountKey(typeof content === 'string' ? content : JSON.stringify(content), 'key key.json of Secret gcs');
const failing = (content: unknown) => {
  try {
    return read(content);
  } catch (thrown) {
    return failureOf(thrown);
  }
};

describe('a service account key', () => {
  test('gives its email, key and key id, and nothing of its URLs', () => {
    expect(read(key)).toEqual({ clientEmail: key.client_email, privateKey: key.private_key, keyId: '9f2c', universe: 'googleapis.com' });
  });

  test('may belong to the sovereign cloud of S3NS', () => {
    expect(read({ ...key, universe_domain: 's3nsapis.fr' })).toMatchObject({ universe: 's3nsapis.fr' });
  });

  const refused: readonly [sentence: string, content: unknown, says: RegExp][] = [
    [
      'external_account, which names URLs and files to read',
      { ...key, type: 'external_account', credential_source: { file: '/etc/passwd' } },
      /service_account/,
    ],
    ['authorized_user', { type: 'authorized_user', refresh_token: '1//0g' }, /look at type/],
    ['impersonated_service_account', { ...key, type: 'impersonated_service_account' }, /look at type/],
    ['a key without client_email', { ...key, client_email: undefined }, /look at client_email/],
    ['a key without a private key', { ...key, private_key: 'hunter2' }, /look at private_key/],
    ['a universe that nobody knows', { ...key, universe_domain: 'evil.example' }, /universe_domain is evil\.example/],
    ['text that is not JSON', 'ya29.token', /look at the JSON text/],
    ['a list', [key], /look at the JSON text/],
  ];

  test.each(refused)('is not %s', (_sentence, content, says) => {
    const failure = failing(content);
    expect(failure).toMatchObject({ reason: 'InvalidCredential', message: expect.stringMatching(says) });
    expect(JSON.stringify(failure)).not.toMatch(/hunter2|1\/\/0g|MIIEvQ|ya29/);
  });
});
