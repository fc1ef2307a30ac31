import { S3Error } from './errors.ts';
import { hmac, type Signed, sha256 } from './signature.ts';

/**
 * The content inside an aws-chunked body: `size[;chunk-signature=…]\r\n data \r\n` until size 0, then trailers. Where chunks are
 * signed, each signature covers the one before it.
 */
export function decodeChunked(body: Buffer, signed: Signed | undefined): Buffer {
  const parts: Buffer[] = [];
  let previous = signed?.signature;
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    if (end < 0) throw incomplete();
    const [size = '', extension = ''] = body.toString('latin1', at, end).split(';');
    const length = Number.parseInt(size, 16);
    const data = body.subarray(end + 2, end + 2 + length);
    if (Number.isNaN(length) || data.length < length) throw incomplete();
    if (signed && previous !== undefined) previous = verifyChunk(signed, previous, data, extension.replace('chunk-signature=', ''));
    if (length === 0) return Buffer.concat(parts);
    parts.push(data);
    at = end + 2 + length + 2;
  }
}

function verifyChunk(signed: Signed, previous: string, data: Buffer, signature: string): string {
  const toSign = ['AWS4-HMAC-SHA256-PAYLOAD', signed.time, signed.scope, previous, sha256(''), sha256(data)].join('\n');
  const expected = hmac(signed.signingKey, toSign).toString('hex');
  if (expected !== signature) throw new S3Error(403, 'SignatureDoesNotMatch', 'The signature of a chunk does not match');
  return expected;
}

const incomplete = () => new S3Error(400, 'IncompleteBody', 'The request body terminated unexpectedly');
