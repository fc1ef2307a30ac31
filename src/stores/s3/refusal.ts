import type { Failure } from '../../api/failure.ts';
import type { Reason } from '../../api/reasons.ts';
import { wordsOf } from '../words.ts';

/** What S3 or STS answered instead of what was asked for, whichever client asked. */
export type Refusal = {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  /** Where the bucket is, if the answer says so. */
  readonly region?: string | undefined;
  /** Where the bucket must be addressed, if the answer says so. */
  readonly endpoint?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
  /** The time of the server when it answered. */
  readonly date?: number | undefined;
};

/** What was asked for: the action that a policy has to grant, and on what. */
export type Asked = {
  readonly action: 's3:ListBucket' | 's3:GetObject' | 'sts:AssumeRole' | 'sts:AssumeRoleWithWebIdentity' | `xray:${string}`;
  readonly on: string;
};

/** Codes of S3 and STS. Those of the same row differ only in who says it. */
const reasonOf: Readonly<Record<string, Reason>> = {
  InvalidAccessKeyId: 'InvalidAccessKeyId',
  InvalidClientTokenId: 'InvalidAccessKeyId',
  UnrecognizedClientException: 'InvalidAccessKeyId',
  SignatureDoesNotMatch: 'SignatureDoesNotMatch',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  InvalidToken: 'InvalidToken',
  ExpiredToken: 'ExpiredToken',
  ExpiredTokenException: 'ExpiredToken',
  TokenRefreshRequired: 'ExpiredToken',
  InvalidIdentityToken: 'InvalidIdentityToken',
  InvalidIdentityTokenException: 'InvalidIdentityToken',
  IDPCommunicationError: 'InvalidIdentityToken',
  IDPCommunicationErrorException: 'InvalidIdentityToken',
  IDPRejectedClaim: 'InvalidIdentityToken',
  IDPRejectedClaimException: 'InvalidIdentityToken',
  AccessDenied: 'AccessDenied',
  AccessDeniedException: 'AccessDenied',
  AllAccessDisabled: 'AccessDenied',
  AccountProblem: 'AccessDenied',
  NoSuchBucket: 'NoSuchBucket',
  InvalidBucketName: 'NoSuchBucket',
  PermanentRedirect: 'PermanentRedirect',
  TemporaryRedirect: 'PermanentRedirect',
  Redirect: 'PermanentRedirect',
  AuthorizationHeaderMalformed: 'RegionMismatch',
  IllegalLocationConstraintException: 'RegionMismatch',
  NoSuchKey: 'Deleted',
  NoSuchVersion: 'Deleted',
  PreconditionFailed: 'Superseded',
  InvalidRange: 'Superseded',
  InvalidObjectState: 'Archived',
  RequestTimeTooSkewed: 'ClockSkew',
  RequestExpired: 'ClockSkew',
  SlowDown: 'Throttled',
  Throttling: 'Throttled',
  ThrottlingException: 'Throttled',
  ThrottledException: 'Throttled',
  TooManyRequestsException: 'Throttled',
  RequestLimitExceeded: 'Throttled',
  BandwidthLimitExceeded: 'Throttled',
  ServiceUnavailable: 'Throttled',
  InternalError: 'StoreUnavailable',
  RequestTimeout: 'StoreUnavailable',
};

/** Names a refusal in the words of the one table. */
export function refusalFailure(refusal: Refusal, asked: Asked): Failure {
  const { code, status, retryAfterMs, requestId } = refusal;
  const reason = reasonFor(refusal, asked);
  return {
    reason,
    message: messageFor(reason, refusal, asked),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    cause: `${code || 'no code'} (HTTP ${status}${requestId ? `, request ${wordsOf(requestId)}` : ''})`,
  };
}

function reasonFor({ code, message, status }: Refusal, { action }: Asked): Reason {
  if (code.startsWith('KMS.') || (status === 403 && /\bkms:/i.test(message))) return 'KmsAccessDenied';
  const reason = reasonOf[code] ?? byStatus(status, action);
  if (reason !== 'AccessDenied') return reason;
  if (action === 'sts:AssumeRole') return 'AssumeRoleDenied';
  return action === 'sts:AssumeRoleWithWebIdentity' ? 'InvalidIdentityToken' : reason;
}

/** For answers without a body, and for servers with codes of their own. */
function byStatus(status: number, action: Asked['action']): Reason {
  if (status === 301 || status === 302 || status === 307 || status === 308) return 'PermanentRedirect';
  if (status === 401 || status === 403) return 'AccessDenied';
  if (status === 404) return action === 's3:GetObject' ? 'Deleted' : 'NoSuchBucket';
  if (status === 412 || status === 416) return 'Superseded';
  if (status === 429 || status === 503) return 'Throttled';
  if (status >= 500) return 'StoreUnavailable';
  return action === 's3:GetObject' ? 'Unreadable' : 'StoreProtocolError';
}

function messageFor(reason: Reason, { code, message, region, endpoint, status }: Refusal, { action, on }: Asked): string {
  const said = wordsOf([code || `HTTP ${status}`, message].filter((part) => part !== '' && part !== 'UnknownError').join(': '));
  switch (reason) {
    case 'AccessDenied':
      return `${action} on ${on} is not granted (${said})`;
    case 'AssumeRoleDenied':
      return `${on} may not be assumed: sts:AssumeRole, sts:TagSession and the external id have to be allowed (${said})`;
    case 'KmsAccessDenied':
      return `kms:Decrypt is not granted for ${on} (${said})`;
    case 'RegionMismatch':
      return region ? `${on} is in ${region}` : `${on} is in another region (${said})`;
    case 'PermanentRedirect':
      return endpoint ? `${on} must be addressed at ${wordsOf(endpoint)}` : `${on} must be addressed elsewhere (${said})`;
    default:
      return `${on}: ${said}`;
  }
}
