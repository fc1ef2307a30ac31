import { describe, expect, test } from 'vitest';
import type { Reason } from '../../../../src/api/reasons.ts';
import { tokenFailure } from '../../../../src/stores/gcs/identity.ts';

const answered = (status: number, data?: unknown) => Object.assign(new Error('Request failed'), { response: { status, data } });
const coded = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

const cases: readonly [sentence: string, thrown: unknown, reason: Reason, says: RegExp][] = [
  [
    'a key that was replaced or disabled',
    answered(400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }),
    'InvalidToken',
    /Invalid JWT Signature/,
  ],
  [
    'a Kubernetes ServiceAccount that may not act as the Google one',
    answered(403),
    'InvalidIdentityToken',
    /iam\.serviceAccounts\.getAccessToken/,
  ],
  ['a node without a service account', answered(404), 'MissingCredential', /no Google identity/],
  ['no credentials at all', new Error('Could not load the default credentials. Browse to …'), 'MissingCredential', /no Google identity/],
  ['a token service that asks to wait', answered(429), 'Throttled', /fewer requests/],
  ['a token service that fails', answered(503), 'StoreUnavailable', /503/],
  ['a private key that is garbled', new Error('error:1E08010C:DECODER routines::unsupported'), 'InvalidCredential', /private_key/],
  ['a token service that cannot be reached', coded('ENOTFOUND'), 'EndpointUnreachable', /token service/],
];

describe('why there is no token', () => {
  test.each(cases)('%s', (_sentence, thrown, reason, says) => {
    expect(tokenFailure(thrown)).toMatchObject({ reason, message: expect.stringMatching(says) });
  });
});
