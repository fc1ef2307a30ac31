import { describe, expect, test } from 'vitest';
import type { Reason } from '../../../../src/api/reasons.ts';
import { type Attempt, type Refusal, refused } from '../../../../src/stores/gcs/errors.ts';

const listing: Attempt = { bucket: 'acme-traces', permission: 'storage.objects.list', identity: 'reader@acme.iam.gserviceaccount.com' };
const reading: Attempt = { ...listing, permission: 'storage.objects.get', key: 'agents/run.json' };
const nobody: Attempt = { bucket: 'acme-traces', permission: 'storage.objects.list' };

const cases: readonly [sentence: string, refusal: Refusal, attempt: Attempt, reason: Reason, says: RegExp][] = [
  [
    'a missing permission is named with who lacks it',
    { status: 403, reason: 'forbidden' },
    listing,
    'AccessDenied',
    /^reader@acme\S+ needs storage\.objects\.list on bucket acme-traces/,
  ],
  ['reading is granted apart from listing', { status: 403, reason: 'forbidden' }, reading, 'AccessDenied', /needs storage\.objects\.get/],
  ['nobody in particular may not list either', { status: 401, reason: 'required' }, nobody, 'AccessDenied', /^an anonymous caller needs/],
  [
    'a token that is refused',
    { status: 401, reason: 'authError', message: 'Invalid Credentials' },
    listing,
    'InvalidToken',
    /Invalid Credentials/,
  ],
  [
    'a token that has expired',
    { status: 401, message: 'Request had invalid authentication credentials: token expired' },
    listing,
    'ExpiredToken',
    /expired/,
  ],
  ['a rate limit that comes as 403', { status: 403, reason: 'rateLimitExceeded' }, listing, 'Throttled', /403/],
  ['too many requests', { status: 429 }, listing, 'Throttled', /429/],
  [
    'a key of Cloud KMS that may not be used',
    { status: 403, message: 'Permission denied on Cloud KMS key' },
    reading,
    'KmsAccessDenied',
    /useToDecrypt/,
  ],
  [
    'no such bucket',
    { status: 404, reason: 'notFound', message: 'The specified bucket does not exist.' },
    listing,
    'NoSuchBucket',
    /no bucket acme-traces/,
  ],
  [
    'a bucket that went away while a file was open',
    { status: 404, message: 'The specified bucket does not exist.' },
    reading,
    'NoSuchBucket',
    /no bucket/,
  ],
  ['no such object', { status: 404, message: 'No such object: acme-traces/agents/run.json' }, reading, 'Deleted', /run\.json .*is gone/],
  ['another generation', { status: 412, reason: 'conditionNotMet' }, reading, 'Superseded', /new content/],
  ['a range beyond the end', { status: 416 }, reading, 'Superseded', /new content/],
  [
    'a bucket whose requester pays',
    { status: 400, message: 'Bucket is a requester pays bucket but no user project provided.' },
    listing,
    'AccessDenied',
    /requester pays/,
  ],
  ['a store that fails', { status: 503, reason: 'backendError' }, listing, 'StoreUnavailable', /503/],
  ['a time-out of the store', { status: 408 }, listing, 'StoreUnavailable', /408/],
  ['a web page', { status: 400 }, listing, 'StoreProtocolError', /400/],
  ['a redirect', { status: 307 }, listing, 'StoreProtocolError', /307/],
];

describe('what an answer of the JSON API means', () => {
  test.each(cases)('%s', (_sentence, refusal, attempt, reason, says) => {
    expect(refused(refusal, attempt)).toMatchObject({ reason, message: expect.stringMatching(says) });
  });

  test('a wish to wait is passed on', () => {
    expect(refused({ status: 429, retryAfterMs: 30_000 }, listing)).toMatchObject({ retryAfterMs: 30_000 });
  });

  test('long or broken words are cut to one line', () => {
    const { message } = refused({ status: 500, message: `boom\r\n${'x'.repeat(10_000)}` }, listing);
    expect(message.length).toBeLessThan(500);
    expect(message).not.toMatch(/[\r\n]/);
  });
});
