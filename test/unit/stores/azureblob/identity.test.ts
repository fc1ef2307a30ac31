import { describe, expect, test } from 'vitest';
import { applicationOf, tokenFailure } from '../../../../src/stores/azureblob/identity.ts';

const named = (name: string, message: string) => Object.assign(new Error(message), { name });
const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

describe('the identity of the operator at Azure', () => {
  test('is the application that its token was given to', () => {
    expect(applicationOf(token({ appid: '5f4dcc3b' }))).toBe('application 5f4dcc3b');
    expect(applicationOf(token({ azp: '5f4dcc3b' }))).toBe('application 5f4dcc3b');
  });

  test.each([undefined, '', 'opaque', 'a.b.c', token({}), token('text')])('is unknown in the token %j', (text) => {
    expect(applicationOf(text)).toBeUndefined();
  });

  test('missing altogether, it names what a pod needs', () => {
    const failure = tokenFailure(named('CredentialUnavailableError', 'WorkloadIdentityCredential: is unavailable.'));
    expect(failure).toMatchObject({ reason: 'MissingCredential', message: expect.stringContaining('AZURE_CLIENT_ID') });
  });

  test('not trusted, it repeats one line of what Entra says', () => {
    const message =
      'WorkloadIdentityCredential authentication failed. AADSTS70021: No matching federated identity record found.\r\nTrace ID: 1';
    const failure = tokenFailure(named('AuthenticationError', message));
    expect(failure).toMatchObject({ reason: 'InvalidIdentityToken', message: expect.stringContaining('AADSTS70021') });
    expect(failure?.message).not.toContain('Trace ID');
  });

  test('has nothing to say about other errors', () => {
    expect(tokenFailure(new Error('boom'))).toBeUndefined();
  });
});
