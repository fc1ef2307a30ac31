import { Failed } from '../api/failure.ts';
import type { Reason } from '../api/reasons.ts';

/**
 * Everything that can go wrong with a request to the Kubernetes API. `reason` is the row of the house's table that speaks for it
 * when nobody handles the kind itself.
 */
const kinds = {
  NotFound: 'ObjectChanged',
  AlreadyExists: 'ObjectChanged',
  /** Somebody wrote in between, or a precondition (uid, resourceVersion, JSON patch test) does not hold. */
  Conflict: 'ObjectChanged',
  /** The resourceVersion or continue token is too old, or of another history. */
  Gone: 'ObjectChanged',
  Unauthorized: 'ApiForbidden',
  Forbidden: 'ApiForbidden',
  Invalid: 'ApiRefused',
  Throttled: 'ApiUnavailable',
  ServerError: 'ApiUnavailable',
  /** No connection, or it broke. */
  Unreachable: 'ApiUnavailable',
  /** The deadline passed. */
  Timeout: 'ApiUnavailable',
  /** What came back is not what an API server says. */
  Garbled: 'ApiUnavailable',
} as const satisfies Record<string, Reason>;

export type KubeErrorKind = keyof typeof kinds;

type More = {
  readonly retryAfterMs?: number | undefined;
  /** The status of the HTTP answer, if there was one. */
  readonly code?: number;
  /** True if the server surely did not act on the request, so that even a write may be repeated. */
  readonly untouched?: boolean;
};

/** The one error of this room. Its message names verb, resource and place; it carries no body, no header and no cause. */
export class KubeError extends Failed {
  readonly kind: KubeErrorKind;
  readonly retryAfterMs: number | undefined;
  readonly code: number | undefined;
  readonly untouched: boolean;

  constructor(kind: KubeErrorKind, message: string, { retryAfterMs, code, untouched = false }: More = {}) {
    super({ reason: kinds[kind], message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.name = 'KubeError';
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
    this.code = code;
    this.untouched = untouched;
  }
}

/** True if `thrown` is an error of the API of one of these kinds. */
export const isKube = (thrown: unknown, ...of: readonly KubeErrorKind[]): thrown is KubeError =>
  thrown instanceof KubeError && of.includes(thrown.kind);
