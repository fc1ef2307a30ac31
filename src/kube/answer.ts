import { KubeError, type KubeErrorKind } from './errors.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete';

/** What was asked, in the words of RBAC: `resource` is "ingestionfiles" or "ingestionfiles/status". */
export type Asked = { readonly verb: Verb; readonly resource: string; readonly namespace?: string; readonly name?: string };

/** The parts of a Status object that matter here. */
type Status = {
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: { readonly retryAfterSeconds?: number; readonly causes?: readonly { readonly reason?: string }[] };
};

/** The error that an HTTP answer means. Nothing of the body is told but the message of a Status, and of that no value. */
export function refusal(asked: Asked, code: number, body: unknown, retryAfter?: string): KubeError {
  const status = isStatus(body) ? body : {};
  const kind = kindOfAnswer(asked, code, status);
  const seconds = Number(retryAfter ?? status.details?.retryAfterSeconds);
  return new KubeError(kind, `${opening(kind, asked)}: ${words(status) ?? `HTTP ${code}`}`, {
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined,
    code,
    untouched: kind === 'Throttled' || kind === 'Unauthorized',
  });
}

/** The error that an ERROR event inside a watch means. */
export const refusalInStream = (asked: Asked, body: unknown): KubeError =>
  refusal(asked, isStatus(body) && body.code ? body.code : 500, body);

/** The error that a broken connection means. `code` is Node's or undici's; what the other side sent is not looked at. */
export function outage(asked: Asked, thrown: unknown): KubeError {
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'connection lost';
  return new KubeError('Unreachable', `${opening('Unreachable', asked)}: ${code}`, { untouched: neverSent.test(code) });
}

/** Says what could not be done: "cannot list ingestionfiles in namespace ml-platform". */
export const opening = (kind: KubeErrorKind, { verb, resource, namespace, name }: Asked): string =>
  `${kind === 'Forbidden' ? 'not allowed to' : 'cannot'} ${verb} ${resource}${name ? ` ${name}` : ''} ${
    namespace ? `in namespace ${namespace}` : 'in all namespaces'
  }`;

/** Codes of failures before the first byte of the request left: no name, no route, no listener, no trust. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/;

const byCode: Readonly<Record<number, KubeErrorKind>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  408: 'Timeout',
  409: 'Conflict',
  410: 'Gone',
  429: 'Throttled',
};

function kindOfAnswer({ verb }: Asked, code: number, { reason, details }: Status): KubeErrorKind {
  if (reason === 'AlreadyExists') return 'AlreadyExists';
  // After a restore from a backup the server can be behind what we saw: our position belongs to another history.
  if (details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge')) return 'Gone';
  // A JSON patch whose test does not hold: what fails validation names causes of another kind.
  if (verb === 'patch' && code === 422 && !details?.causes?.some((cause) => cause.reason?.startsWith('FieldValue'))) return 'Conflict';
  // What is to be created cannot be missing: its namespace or its kind is.
  if (verb === 'create' && code === 404) return 'Invalid';
  const known = byCode[code];
  if (known) return known;
  if (code >= 500) return 'ServerError';
  return code >= 400 ? 'Invalid' : 'Garbled';
}

const LONGEST = 300;

/**
 * A refused value may be anything, even a secret somebody put in the wrong field: the message says which field, not what was in it. Of an
 * object no value is told but the rule at once, in words.
 */
const refusedValue = /(Invalid value|Unsupported value): ("(?:[^"\\]|\\.)*"|(?![a-zA-Z]+ [a-zA-Z]+[ :,])[^:]*)/g;

function words({ message }: Status): string | undefined {
  if (!message) return undefined;
  const line = message.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').replace(refusedValue, '$1');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function isStatus(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'Status';
}
