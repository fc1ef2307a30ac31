import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Error } from './errors.ts';

/** What can go wrong on demand. */
export type FaultKind =
  | 'SlowDown'
  | 'InternalError'
  | 'ServiceUnavailable'
  /** The connection is reset before an answer. */
  | 'reset'
  /** Half of the body, then the connection ends. */
  | 'truncated'
  /** Half of the body, then silence. */
  | 'stalled'
  /** No answer at all. */
  | 'silent'
  /** The object is replaced just before it is read. */
  | 'changed'
  /** The object is deleted just before it is read. */
  | 'deleted'
  /** What answers is not S3. */
  | 'html'
  /** KMS refuses to decrypt. */
  | 'kms'
  /** The clocks differ too much, whatever the request says. */
  | 'skew'
  /** The redirect that carries nothing but a location. */
  | 'redirect';

export type Fault = {
  readonly kind: FaultKind;
  /** Name of the operation, every one where left out. */
  readonly on?: string;
  readonly key?: string;
  /** How often; for ever where left out. */
  readonly times?: number;
};

/** Faults that are armed. */
export type Faults = {
  readonly arm: (fault: Fault) => void;
  readonly clear: () => void;
  /** The fault that strikes this operation, counted off. */
  readonly strike: (operation: string, key: string) => FaultKind | undefined;
};

export function faults(): Faults {
  let armed: { readonly fault: Fault; left: number }[] = [];
  return {
    arm: (fault) => armed.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      armed = [];
    },
    strike: (operation, key) => {
      const hit = armed.find(
        ({ fault, left }) => left > 0 && (fault.on ?? operation) === operation && (fault.key === undefined || fault.key === key),
      );
      if (!hit) return undefined;
      hit.left--;
      return hit.fault.kind;
    },
  };
}

/** Faults that end a request before it is looked at. Gives true where the answer, or its absence, is arranged. */
export function strikeEarly(kind: FaultKind, request: IncomingMessage, response: ServerResponse): boolean {
  switch (kind) {
    case 'SlowDown':
      throw new S3Error(503, 'SlowDown', 'Please reduce your request rate.', {}, { 'retry-after': '1' });
    case 'ServiceUnavailable':
      throw new S3Error(503, 'ServiceUnavailable', 'Service is unable to handle request.');
    case 'InternalError':
      throw new S3Error(500, 'InternalError', 'We encountered an internal error. Please try again.');
    case 'skew':
      throw new S3Error(403, 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.');
    case 'kms':
      throw new S3Error(
        403,
        'AccessDenied',
        'User is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext',
      );
    case 'reset':
      request.socket.resetAndDestroy();
      return true;
    case 'silent':
      return true;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html><body>It works!</body></html>');
      return true;
    case 'redirect':
      response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
      return true;
    default:
      return false;
  }
}
