import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { S3Error } from './errors.ts';

/** What the Authorization header of a request claims. */
export type Claim = {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
};

/** A request whose signature held, with what the signatures of its chunks are built on. */
export type Signed = { readonly scope: string; readonly time: string; readonly signingKey: Buffer; readonly signature: string };

const FIFTEEN_MINUTES = 15 * 60_000;

/** Reads the Authorization header. */
export function claimOf(request: IncomingMessage): Claim {
  const header = request.headers.authorization;
  if (header === undefined) throw new S3Error(403, 'AccessDenied', 'Access Denied: the request is not signed');
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (!match) throw new S3Error(400, 'AuthorizationHeaderMalformed', 'The authorization header is malformed');
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

/** Verifies the signature over a request as AWS does: nothing is taken from the client but the claim. */
export function verifySignature(request: IncomingMessage, claim: Claim, secretAccessKey: string, payloadHash: string, now: number): Signed {
  const time = String(request.headers['x-amz-date'] ?? '');
  const signedAt = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(signedAt)) throw new S3Error(403, 'AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  if (Math.abs(signedAt - now) > FIFTEEN_MINUTES) {
    throw new S3Error(403, 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.', {
      RequestTime: time,
      ServerTime: new Date(now).toISOString(),
      MaxAllowedSkewMilliseconds: String(FIFTEEN_MINUTES),
    });
  }
  requireSigned(request, claim);
  const scope = `${claim.date}/${claim.region}/${claim.service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest(request, claim, payloadHash))].join('\n');
  const signingKey = signingKeyOf(secretAccessKey, claim);
  const expected = hmac(signingKey, toSign).toString('hex');
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(claim.signature))) {
    throw new S3Error(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      { AWSAccessKeyId: claim.accessKeyId, StringToSign: toSign },
    );
  }
  return { scope, time, signingKey, signature: expected };
}

/** Headers that change what a request does must be under the signature. */
function requireSigned(request: IncomingMessage, { signedHeaders }: Claim): void {
  const needed = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
  const missing = needed.filter((name) => !signedHeaders.includes(name));
  if (missing.length > 0) {
    throw new S3Error(403, 'AccessDenied', 'There were headers present in the request which were not signed', {
      HeadersNotSigned: missing.join(', '),
    });
  }
}

function canonicalRequest(request: IncomingMessage, claim: Claim, payloadHash: string): string {
  const [path = '/', query = ''] = splitOnce(request.url ?? '/', '?');
  const headers = claim.signedHeaders
    .map(
      (name) =>
        `${name}:${String(request.headers[name] ?? '')
          .trim()
          .replace(/ +/g, ' ')}\n`,
    )
    .join('');
  return [
    request.method,
    path
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    canonicalQuery(query),
    headers,
    claim.signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

const canonicalQuery = (query: string): string =>
  query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => splitOnce(pair, '='))
    .map(([name = '', value = '']) => `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value))}`)
    .sort()
    .join('&');

const signingKeyOf = (secret: string, { date, region, service }: Claim): Buffer =>
  [date, region, service, 'aws4_request'].reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`));

/** RFC 3986, where only letters, digits and `-._~` stay as they are. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The text before and after the first separator. */
export function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
export const hmac = (key: Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
