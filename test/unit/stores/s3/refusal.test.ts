import { describe, expect, test } from 'vitest';
import type { Reason } from '../../../../src/api/reasons.ts';
import { type Asked, type Refusal, refusalFailure } from '../../../../src/stores/s3/refusal.ts';

const listing: Asked = { action: 's3:ListBucket', on: 's3://acme-traces/agents/' };
const getting: Asked = { action: 's3:GetObject', on: 's3://acme-traces/agents/run.json' };
const assuming: Asked = { action: 'sts:AssumeRole', on: 'arn:aws:iam::123456789012:role/trace-reader' };
const federating: Asked = { action: 'sts:AssumeRoleWithWebIdentity', on: 'the role of the operator' };

const cases: readonly [asked: Asked, status: number, code: string, reason: Reason][] = [
  [listing, 403, 'InvalidAccessKeyId', 'InvalidAccessKeyId'],
  [assuming, 403, 'InvalidClientTokenId', 'InvalidAccessKeyId'],
  [listing, 403, 'SignatureDoesNotMatch', 'SignatureDoesNotMatch'],
  [listing, 400, 'InvalidToken', 'InvalidToken'],
  [listing, 400, 'ExpiredToken', 'ExpiredToken'],
  [federating, 400, 'ExpiredTokenException', 'ExpiredToken'],
  [listing, 403, 'AccessDenied', 'AccessDenied'],
  [assuming, 403, 'AccessDenied', 'AssumeRoleDenied'],
  [federating, 403, 'AccessDenied', 'InvalidIdentityToken'],
  [federating, 400, 'InvalidIdentityToken', 'InvalidIdentityToken'],
  [federating, 400, 'IDPCommunicationError', 'InvalidIdentityToken'],
  [listing, 404, 'NoSuchBucket', 'NoSuchBucket'],
  [listing, 301, 'PermanentRedirect', 'PermanentRedirect'],
  [listing, 400, 'AuthorizationHeaderMalformed', 'RegionMismatch'],
  [listing, 400, 'IllegalLocationConstraintException', 'RegionMismatch'],
  [getting, 404, 'NoSuchKey', 'Deleted'],
  [getting, 412, 'PreconditionFailed', 'Superseded'],
  [getting, 403, 'InvalidObjectState', 'Archived'],
  [getting, 416, 'InvalidRange', 'Superseded'],
  [getting, 503, 'SlowDown', 'Throttled'],
  [listing, 403, 'RequestTimeTooSkewed', 'ClockSkew'],
  [getting, 400, 'KMS.DisabledException', 'KmsAccessDenied'],
  // Without a code, and codes of servers that have their own.
  [listing, 403, '', 'AccessDenied'],
  [listing, 404, '', 'NoSuchBucket'],
  [getting, 404, '', 'Deleted'],
  [listing, 307, '', 'PermanentRedirect'],
  [getting, 429, '', 'Throttled'],
  [getting, 503, '', 'Throttled'],
  [getting, 502, 'BadGateway', 'StoreUnavailable'],
  [listing, 400, 'SomethingNew', 'StoreProtocolError'],
  [getting, 400, 'SomethingNew', 'Unreadable'],
];

const refusal = (more: Partial<Refusal>): Refusal => ({ code: '', message: '', status: 403, ...more });

describe('what S3 and STS answer, in the words of the one table', () => {
  test.each(cases)('%o: %i %s is %s', (asked, status, code, reason) => {
    expect(refusalFailure(refusal({ status, code }), asked).reason).toBe(reason);
  });

  test('a denial names the action to grant', () => {
    const { message } = refusalFailure(refusal({ code: 'AccessDenied', message: 'Access Denied' }), getting);
    expect(message).toBe('s3:GetObject on s3://acme-traces/agents/run.json is not granted (AccessDenied: Access Denied)');
  });

  test('a denial by KMS names kms:Decrypt', () => {
    const message = 'User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on the resource';
    const failure = refusalFailure(refusal({ code: 'AccessDenied', message }), getting);
    expect(failure.reason).toBe('KmsAccessDenied');
    expect(failure.message).toMatch(/^kms:Decrypt is not granted/);
  });

  test('a wrong region names the right one', () => {
    const failure = refusalFailure(refusal({ status: 400, code: 'AuthorizationHeaderMalformed', region: 'eu-west-1' }), listing);
    expect(failure.message).toBe('s3://acme-traces/agents/ is in eu-west-1');
  });

  test('no line break, control character, query string or endless text of a server gets through', () => {
    const message = `see https://s3.internal/acme?X-Amz-Signature=abc\r\n\u001b[31mred ${'x'.repeat(1_000)}`;
    const said = refusalFailure(refusal({ code: 'AccessDenied', message }), listing).message;
    expect(said).not.toMatch(/Signature|[\r\n\u001b]/);
    expect(said.length).toBeLessThan(450);
  });
});
