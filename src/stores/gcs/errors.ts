import type { Failure } from '../../api/failure.ts';
import type { Reason } from '../../api/reasons.ts';
import { wordsOf } from '../words.ts';

/** What the JSON API said: the status, `error.errors[0].reason` and `error.message`. */
export type Refusal = { readonly status: number; readonly reason?: string; readonly message?: string; readonly retryAfterMs?: number };

/** What was tried, for the sentence that a person reads. */
export type Attempt = {
  readonly bucket: string;
  readonly permission: 'storage.objects.list' | 'storage.objects.get';
  /** Who asked; absent when anonymous. */
  readonly identity?: string;
  readonly key?: string;
};

type Row = { readonly when: (refusal: Refusal, attempt: Attempt) => boolean; readonly reason: Reason };

const status =
  (...statuses: readonly number[]) =>
  (refusal: Refusal) =>
    statuses.includes(refusal.status);
const says = (words: RegExp) => (refusal: Refusal) => words.test(`${refusal.reason ?? ''} ${refusal.message ?? ''}`);
const both =
  (...all: readonly Row['when'][]) =>
  (refusal: Refusal, attempt: Attempt) =>
    all.every((one) => one(refusal, attempt));

/** Read from top to bottom: the first row that applies wins. */
const rows: readonly Row[] = [
  { when: says(/rateLimitExceeded|userRateLimitExceeded|\bquotaExceeded\b/), reason: 'Throttled' },
  { when: status(429), reason: 'Throttled' },
  { when: both(status(403), says(/Cloud KMS|cloudkms|kmsKey/i)), reason: 'KmsAccessDenied' },
  { when: both(status(401), (_refusal, { identity }) => identity === undefined), reason: 'AccessDenied' },
  { when: both(status(401), says(/expired/i)), reason: 'ExpiredToken' },
  { when: status(401), reason: 'InvalidToken' },
  { when: status(403), reason: 'AccessDenied' },
  { when: both(status(404), says(/bucket does not exist/i)), reason: 'NoSuchBucket' },
  { when: both(status(404), (_refusal, { key }) => key !== undefined), reason: 'Deleted' },
  { when: status(404), reason: 'NoSuchBucket' },
  { when: status(412, 416), reason: 'Superseded' },
  { when: both(status(400), says(/requester pays/i)), reason: 'AccessDenied' },
  { when: status(408), reason: 'StoreUnavailable' },
  { when: ({ status }) => status >= 500, reason: 'StoreUnavailable' },
];

/** The failure that an answer of the JSON API means. */
export function refused(refusal: Refusal, attempt: Attempt): Failure {
  const reason = rows.find(({ when }) => when(refusal, attempt))?.reason ?? 'StoreProtocolError';
  const { retryAfterMs } = refusal;
  return { reason, message: sentence(reason, refusal, attempt), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function sentence(reason: Reason, refusal: Refusal, { bucket, permission, identity, key }: Attempt): string {
  const who = identity ?? 'an anonymous caller';
  const where = key === undefined ? `bucket ${bucket}` : `${key} in bucket ${bucket}`;
  switch (reason) {
    case 'AccessDenied':
      return `${who} needs ${permission} on bucket ${bucket}${words(refusal)}`;
    case 'KmsAccessDenied':
      return `${where}: the Cloud Storage service agent needs cloudkms.cryptoKeyVersions.useToDecrypt${words(refusal)}`;
    case 'NoSuchBucket':
      return `there is no bucket ${bucket}`;
    case 'Deleted':
      return `${where} is gone`;
    case 'Superseded':
      return `${where} has new content`;
    default:
      return `${where}: the store answered ${refusal.status}${words(refusal)}`;
  }
}

/** The words of the store: one line of bounded length, never the whole body. */
function words({ reason, message }: Refusal): string {
  const text = wordsOf([reason, message].filter(Boolean).join(': '));
  return text && ` (${text})`;
}
