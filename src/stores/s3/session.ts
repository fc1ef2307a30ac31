import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { Failed, failureOf, isFailed } from '../../api/failure.ts';
import { networkFailure } from '../network-failure.ts';
import type { OnRequest } from '../provider.ts';
import { wordsOf } from '../words.ts';
import type { S3Connection } from './connection.ts';
import { RefusedGet } from './get.ts';
import { type Asked, type Refusal, refusalFailure } from './refusal.ts';
import { sdkRefusal } from './sdk-error.ts';
import { CONNECT_MS } from './transport.ts';

/** The client that a source uses now, and how it gets the one of another region. */
export type Session = {
  readonly bucket: string;
  readonly connection: () => S3Connection;
  readonly moveTo: (region: string) => void;
  readonly onRequest?: OnRequest | undefined;
};

/**
 * Asks S3 for something and mends what can be mended: a wrong region, an expired session, a clock that is off. Each is tried once;
 * what is left is thrown as a `Failed`.
 */
export async function ask<Answer>(
  session: Session,
  asked: Asked,
  signal: AbortSignal | undefined,
  attempt: (connection: S3Connection) => Promise<Answer>,
) {
  const tried = new Set<string>();
  for (;;) {
    session.onRequest?.(asked.action === 's3:ListBucket' ? 'list' : 'get');
    try {
      return await attempt(session.connection());
    } catch (thrown) {
      signal?.throwIfAborted();
      const refusal = refusalIn(thrown);
      const fix = refusal && (await fixFor(session, refusal, signal));
      if (!refusal || !fix || tried.has(fix)) throw new Failed(failureFor(thrown, refusal, asked));
      tried.add(fix);
    }
  }
}

/** Mends what an answer complains about, and names what was mended; nothing where nothing can be. */
async function fixFor(session: Session, refusal: Refusal, signal: AbortSignal | undefined): Promise<string | undefined> {
  const connection = session.connection();
  if (['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'].includes(refusal.code)) {
    await connection.refreshCredentials();
    return 'credentials';
  }
  if (refusal.code === 'RequestTimeTooSkewed' && refusal.date !== undefined) {
    connection.correctClock(refusal.date);
    return 'clock';
  }
  if (!regionTrouble(refusal)) return undefined;
  const region = refusal.region ?? (await bucketRegion(session, signal));
  if (region === undefined || region === connection.region) return undefined;
  session.moveTo(region);
  return 'region';
}

const regionTrouble = ({ code, status }: Refusal): boolean =>
  status === 301 || ['AuthorizationHeaderMalformed', 'IllegalLocationConstraintException', 'PermanentRedirect'].includes(code);

/** HEAD has no body, but the header that names the region comes with every answer of AWS. */
async function bucketRegion({ connection, bucket }: Session, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    const answer = await connection().sdk.send(new HeadBucketCommand({ Bucket: bucket }), signal && { abortSignal: signal });
    return answer.BucketRegion;
  } catch (thrown) {
    return sdkRefusal(thrown)?.region;
  }
}

const refusalIn = (thrown: unknown): Refusal | undefined => (thrown instanceof RefusedGet ? thrown.refusal : sdkRefusal(thrown));

function failureFor(thrown: unknown, refusal: Refusal | undefined, asked: Asked) {
  if (isFailed(thrown)) return thrown.failure;
  if (refusal && refusal.status >= 300) return refusalFailure(refusal, asked);
  if (!(thrown instanceof Error)) return failureOf(thrown);
  const message = `${asked.on}: ${wordsOf(thrown.message)}`;
  if (thrown.name === 'TimeoutError') {
    // The words of the SDK name the package; what happened is one of two things.
    const connecting = /did not establish a connection/.test(thrown.message);
    if (connecting) return { reason: 'EndpointUnreachable', message: `${asked.on}: no connection within ${CONNECT_MS / 1_000} s` } as const;
    return { reason: 'StoreUnavailable', message: `${asked.on}: no answer in time` } as const;
  }
  const failure = networkFailure(thrown, asked.on);
  if (failure) return failure;
  if (thrown.name === 'CredentialsProviderError') return { reason: 'MissingCredential', message } as const;
  if (refusal || /deserialization|unexpected/i.test(thrown.message)) {
    return { reason: 'StoreProtocolError', message: `${asked.on}: the answer is not one of S3` } as const;
  }
  return failureOf(thrown);
}
