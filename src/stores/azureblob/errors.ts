import type { Failure } from '../../api/failure.ts';
import type { Reason } from '../../api/reasons.ts';
import { wordsOf } from '../words.ts';

/** What the service said: status, `x-ms-error-code` and the words of its XML. */
export type Refusal = { readonly status: number; readonly code?: string; readonly message?: string; readonly retryAfterMs?: number };

/** What was tried, for the sentence that a person reads. */
export type Attempt = {
  readonly container: string;
  readonly does: 'list' | 'read';
  readonly as: 'WorkloadIdentity' | 'AccountKey' | 'SAS';
  readonly key?: string;
  /** When the SAS expired, if it did. Some services do not say so. */
  readonly expired?: string | undefined;
};

type Row = { readonly when: (refusal: Refusal, attempt: Attempt) => boolean; readonly reason: Reason };

const code =
  (...codes: readonly string[]) =>
  (refusal: Refusal) =>
    refusal.code !== undefined && codes.includes(refusal.code);
const says = (words: RegExp) => (refusal: Refusal) => words.test(refusal.message ?? '');
const status =
  (...statuses: readonly number[]) =>
  (refusal: Refusal) =>
    statuses.includes(refusal.status);
const both =
  (...all: readonly Row['when'][]): Row['when'] =>
  (refusal, attempt) =>
    all.every((one) => one(refusal, attempt));

/** Read from top to bottom: the first row that applies wins. */
const rows: readonly Row[] = [
  { when: code('ServerBusy', 'TooManyRequests', 'OperationTimedOut'), reason: 'Throttled' },
  { when: status(429), reason: 'Throttled' },
  { when: both(status(403), says(/date header|too old|clock/i)), reason: 'ClockSkew' },
  { when: both(status(401, 403), (_refusal, { expired }) => expired !== undefined), reason: 'ExpiredToken' },
  { when: both(status(401, 403), says(/not valid in the specified time frame|expired/i)), reason: 'ExpiredToken' },
  { when: code('AuthenticationFailed', 'InvalidAuthenticationInfo', 'NoAuthenticationInformation'), reason: 'InvalidToken' },
  { when: both(status(403), says(/failed to authenticate/i)), reason: 'InvalidToken' },
  { when: ({ code = '' }) => /^KeyVault/.test(code), reason: 'KmsAccessDenied' },
  { when: code('BlobArchived', 'BlobBeingRehydrated'), reason: 'Archived' },
  { when: code('PublicAccessNotPermitted'), reason: 'AccessDenied' },
  { when: status(401), reason: 'InvalidToken' },
  { when: status(403), reason: 'AccessDenied' },
  { when: code('ContainerNotFound', 'ContainerBeingDeleted', 'ContainerDisabled', 'InvalidResourceName'), reason: 'NoSuchBucket' },
  { when: code('BlobNotFound'), reason: 'Deleted' },
  { when: code('ResourceNotFound', 'AccountNotFound'), reason: 'NoSuchBucket' },
  { when: both(status(404), (_refusal, { key }) => key !== undefined), reason: 'Deleted' },
  { when: status(404), reason: 'NoSuchBucket' },
  { when: status(412, 416), reason: 'Superseded' },
  { when: status(408), reason: 'StoreUnavailable' },
  { when: ({ status }) => status >= 500, reason: 'StoreUnavailable' },
];

/** The failure that an answer of the blob service means. */
export function refused(refusal: Refusal, attempt: Attempt): Failure {
  const reason = rows.find(({ when }) => when(refusal, attempt))?.reason ?? 'StoreProtocolError';
  const { retryAfterMs } = refusal;
  return { reason, message: sentence(reason, refusal, attempt), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** What to grant so that a credential may do this. */
const grant: Readonly<Record<Attempt['as'], Readonly<Record<Attempt['does'], string>>>> = {
  WorkloadIdentity: {
    list: 'the role Storage Blob Data Reader (…/blobs/read) on the container',
    read: 'the role Storage Blob Data Reader (…/blobs/read) on the container',
  },
  AccountKey: {
    list: 'shared key access, and a network rule that lets the operator in',
    read: 'shared key access, and a network rule that lets the operator in',
  },
  SAS: { list: 'a SAS with the permission list (sp=rl)', read: 'a SAS with the permission read (sp=rl)' },
};

function sentence(reason: Reason, refusal: Refusal, { container, does, as, key, expired }: Attempt): string {
  const where = key === undefined ? `container ${container}` : `${key} in container ${container}`;
  switch (reason) {
    case 'AccessDenied':
      return `to ${does} ${where} needs ${grant[as][does]}${words(refusal)}`;
    case 'ExpiredToken':
      return expired === undefined ? `${where}: the credential has expired${words(refusal)}` : `the SAS expired at ${expired}`;
    case 'NoSuchBucket':
      return `there is no container ${container}`;
    case 'Deleted':
      return `${where} is gone`;
    case 'Superseded':
      return `${where} has new content`;
    case 'Archived':
      return `${where} is in the archive tier`;
    default:
      return `${where}: the store answered ${refusal.status}${words(refusal)}`;
  }
}

/** The words of the store: the first line. What follows is a request id and the time. */
function words({ code, message }: Refusal): string {
  const line = message?.split(/\r?\n/, 1)[0];
  const text = wordsOf([code, line].filter(Boolean).join(': '));
  return text && ` (${text})`;
}
