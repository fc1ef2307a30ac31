import type { ServerResponse } from 'node:http';
import { S3Error } from './errors.ts';
import type { FaultKind } from './faults.ts';
import type { StoredObject } from './objects.ts';

export type ReadRequest = { readonly range?: string | undefined; readonly ifMatch?: string | undefined; readonly head: boolean };

/** Answers GetObject and HeadObject: conditions, ranges, archive classes. */
export function answerObject(object: StoredObject, request: ReadRequest, response: ServerResponse, fault: FaultKind | undefined): void {
  if (request.ifMatch !== undefined && request.ifMatch.replaceAll('"', '') !== object.etag) {
    throw new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
      Condition: 'If-Match',
    });
  }
  if (object.kmsDenied) {
    throw new S3Error(
      403,
      'AccessDenied',
      'User is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext',
    );
  }
  if (!request.head && ['GLACIER', 'DEEP_ARCHIVE'].includes(object.storageClass)) {
    throw new S3Error(403, 'InvalidObjectState', "The operation is not valid for the object's storage class", {
      StorageClass: object.storageClass,
    });
  }
  const range = rangeOf(request.range, object.size);
  const [start, end] = range ?? [0, object.size];
  response.writeHead(range ? 206 : 200, {
    'content-length': end - start,
    'content-type': 'application/octet-stream',
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modifiedTime).toUTCString(),
    'accept-ranges': 'bytes',
    ...(range && { 'content-range': `bytes ${start}-${end - 1}/${object.size}` }),
    ...(object.storageClass !== 'STANDARD' && { 'x-amz-storage-class': object.storageClass }),
  });
  if (request.head) response.end();
  else if (fault === 'truncated' || fault === 'stalled') half(object, start, end, response, fault);
  else send(object, start, end, response);
}

function send(object: StoredObject, start: number, end: number, response: ServerResponse): void {
  const body = object.read(start, end);
  if (Buffer.isBuffer(body)) response.end(body);
  else body.pipe(response);
}

function half(object: StoredObject, start: number, end: number, response: ServerResponse, fault: 'truncated' | 'stalled'): void {
  const middle = Math.floor((start + end) / 2);
  const body = object.read(start, middle);
  const then = () => {
    if (fault === 'truncated') response.destroy();
  };
  if (Buffer.isBuffer(body)) response.write(body, then);
  else body.on('end', then).pipe(response, { end: false });
}

/** `bytes=a-b` as [start, end); nothing where no range was asked for. */
function rangeOf(header: string | undefined, size: number): readonly [number, number] | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (!match) return undefined;
  const start = Number(match[1]);
  if (start >= size) {
    throw new S3Error(
      416,
      'InvalidRange',
      'The requested range is not satisfiable',
      { ActualObjectSize: String(size) },
      { 'content-range': `bytes */${size}` },
    );
  }
  return [start, match[2] ? Math.min(size, Number(match[2]) + 1) : size];
}
