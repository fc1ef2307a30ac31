import type { Failure } from '../api/failure.ts';
import type { Reason } from '../api/reasons.ts';

/** What Node, undici and the SDKs call the troubles of a connection: the code is what survives their wrapping. */
const reasonOf: Readonly<Record<string, Reason>> = {
  EGRESS_REFUSED: 'EgressRefused',
  ENOTFOUND: 'EndpointUnreachable',
  EAI_AGAIN: 'EndpointUnreachable',
  ECONNREFUSED: 'EndpointUnreachable',
  EHOSTUNREACH: 'EndpointUnreachable',
  ENETUNREACH: 'EndpointUnreachable',
  UND_ERR_CONNECT_TIMEOUT: 'EndpointUnreachable',
  ERR_PROXY_TUNNEL: 'EndpointUnreachable',
  UND_ERR_ABORTED: 'EndpointUnreachable',
  ECONNRESET: 'StoreUnavailable',
  ECONNABORTED: 'StoreUnavailable',
  EPIPE: 'StoreUnavailable',
  ETIMEDOUT: 'StoreUnavailable',
  ERR_STREAM_PREMATURE_CLOSE: 'StoreUnavailable',
  UND_ERR_SOCKET: 'StoreUnavailable',
  UND_ERR_HEADERS_TIMEOUT: 'StoreUnavailable',
  UND_ERR_BODY_TIMEOUT: 'StoreUnavailable',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'StoreUnavailable',
  EPROTO: 'TlsError',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TlsError',
  SELF_SIGNED_CERT_IN_CHAIN: 'TlsError',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TlsError',
  UNABLE_TO_GET_ISSUER_CERT: 'TlsError',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TlsError',
  CERT_HAS_EXPIRED: 'TlsError',
  CERT_NOT_YET_VALID: 'TlsError',
  CERT_UNTRUSTED: 'TlsError',
};

/** The failure behind a connection that did not come about or broke; nothing where the error is not about the network. */
export function networkFailure(thrown: unknown, endpoint: string): Failure | undefined {
  for (const error of withCauses(thrown)) {
    const code = codeOf(error);
    const reason =
      code === undefined
        ? undefined
        : (reasonOf[code] ?? (/^(ERR_TLS|ERR_SSL)/.test(code) ? 'TlsError' : code.startsWith('HPE_') ? 'StoreProtocolError' : undefined));
    if (reason !== undefined) return { reason, message: `${endpoint}: ${wordsFor(reason, error)}`, cause: code };
  }
  return undefined;
}

/** Words of an address error are ours or Node's; they hold host and port, never a path or a query string. */
const wordsFor = (reason: Reason, error: Error): string =>
  reason === 'EndpointUnreachable' && error.name === 'AggregateError' ? (codeOf(error) ?? 'no answer') : error.message;

const codeOf = (error: Error): string | undefined => ('code' in error && typeof error.code === 'string' ? error.code : undefined);

/** The error, what caused it, and what caused that. */
function* withCauses(thrown: unknown): Generator<Error> {
  let error = thrown;
  for (let depth = 0; depth < 5 && error instanceof Error; depth++) {
    yield error;
    if (error instanceof AggregateError) yield* error.errors.filter((each) => each instanceof Error);
    error = error.cause;
  }
}
