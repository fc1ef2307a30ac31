import { describe, expect, test } from 'vitest';
import type { Reason } from '../../../../src/api/reasons.ts';
import { type Attempt, type Refusal, refused } from '../../../../src/stores/azureblob/errors.ts';

const listing: Attempt = { container: 'traces', does: 'list', as: 'AccountKey' };
const reading: Attempt = { container: 'traces', does: 'read', as: 'AccountKey', key: 'agents/run.json' };

const cases: readonly [sentence: string, refusal: Refusal, attempt: Attempt, reason: Reason, says: RegExp][] = [
  [
    'a wrong account key',
    { status: 403, code: 'AuthenticationFailed', message: 'Server failed to authenticate the request.' },
    listing,
    'InvalidToken',
    /AuthenticationFailed/,
  ],
  [
    'a wrong account key, as the emulator says it',
    { status: 403, code: 'AuthorizationFailure', message: 'Server failed to authenticate the request.' },
    listing,
    'InvalidToken',
    /AuthorizationFailure/,
  ],
  [
    'a clock that is wrong',
    { status: 403, code: 'AuthenticationFailed', message: "Request date header too old: 'Fri, 20 Nov 2026'" },
    listing,
    'ClockSkew',
    /too old/,
  ],
  [
    'a SAS outside its time',
    { status: 403, code: 'AuthenticationFailed', message: 'Signature not valid in the specified time frame' },
    listing,
    'ExpiredToken',
    /time frame/,
  ],
  [
    'a SAS whose end is over, whatever the store says',
    { status: 403, code: 'AuthorizationFailure' },
    { ...listing, as: 'SAS', expired: '2026-11-01T00:00:00Z' },
    'ExpiredToken',
    /expired at 2026-11-01/,
  ],
  [
    'a role that is missing',
    { status: 403, code: 'AuthorizationPermissionMismatch' },
    { ...listing, as: 'WorkloadIdentity' },
    'AccessDenied',
    /Storage Blob Data Reader/,
  ],
  [
    'a SAS without list',
    { status: 403, code: 'AuthorizationPermissionMismatch' },
    { ...listing, as: 'SAS' },
    'AccessDenied',
    /permission list/,
  ],
  [
    'a SAS without read',
    { status: 403, code: 'AuthorizationPermissionMismatch' },
    { ...reading, as: 'SAS' },
    'AccessDenied',
    /permission read/,
  ],
  [
    'a network rule of the account',
    { status: 403, code: 'AuthorizationFailure', message: 'This request is not authorized to perform this operation.' },
    listing,
    'AccessDenied',
    /network rule/,
  ],
  [
    'account keys that are switched off',
    { status: 403, code: 'KeyBasedAuthenticationNotPermitted' },
    listing,
    'AccessDenied',
    /shared key access/,
  ],
  [
    'a token of another tenant',
    { status: 401, code: 'InvalidAuthenticationInfo' },
    { ...listing, as: 'WorkloadIdentity' },
    'InvalidToken',
    /InvalidAuthenticationInfo/,
  ],
  ['a key in a vault that cannot be used', { status: 403, code: 'KeyVaultEncryptionKeyNotFound' }, reading, 'KmsAccessDenied', /KeyVault/],
  ['no such container', { status: 404, code: 'ContainerNotFound' }, listing, 'NoSuchBucket', /no container traces/],
  [
    'a container that went away while a blob was open',
    { status: 404, code: 'ContainerNotFound' },
    reading,
    'NoSuchBucket',
    /no container traces/,
  ],
  ['a container that is being deleted', { status: 409, code: 'ContainerBeingDeleted' }, listing, 'NoSuchBucket', /traces/],
  ['no such blob', { status: 404, code: 'BlobNotFound' }, reading, 'Deleted', /run\.json .*is gone/],
  ['another ETag', { status: 412, code: 'ConditionNotMet' }, reading, 'Superseded', /new content/],
  ['a range beyond the end', { status: 416, code: 'InvalidRange' }, reading, 'Superseded', /new content/],
  ['the archive tier', { status: 409, code: 'BlobArchived' }, reading, 'Archived', /archive tier/],
  ['on the way back from the archive', { status: 409, code: 'BlobBeingRehydrated' }, reading, 'Archived', /archive tier/],
  ['a busy server', { status: 503, code: 'ServerBusy', retryAfterMs: 10_000 }, listing, 'Throttled', /ServerBusy/],
  ['a server that fails', { status: 500, code: 'InternalError' }, listing, 'StoreUnavailable', /500/],
  [
    'a version of the API that the store does not know',
    { status: 400, code: 'InvalidHeaderValue' },
    listing,
    'StoreProtocolError',
    /InvalidHeaderValue/,
  ],
  ['a redirect', { status: 307 }, listing, 'StoreProtocolError', /307/],
];

describe('what an answer of the blob service means', () => {
  test.each(cases)('%s', (_sentence, refusal, attempt, reason, says) => {
    expect(refused(refusal, attempt)).toMatchObject({ reason, message: expect.stringMatching(says) });
  });

  test('request id and time do not reach the message', () => {
    const message = 'This request is not authorized.\nRequestId:e5ea566c-101e-001c\nTime:2026-11-20T13:00:00Z';
    expect(refused({ status: 403, code: 'AuthorizationFailure', message }, listing).message).not.toMatch(/RequestId|[\r\n]/);
  });
});
