import type { Failure } from '../api/failure.ts';
import type { Reason } from '../api/reasons.ts';
import { cleaned } from './answer.ts';

type Row = readonly [codes: RegExp, reason: Reason, says: string];

/** Errors of a connection by their code, read from top to bottom. What is not here is trouble of the network. */
const rows: readonly Row[] = [
  [/^EGRESS_REFUSED$/, 'DestinationEgressRefused', 'may not be reached:'],
  [/^(ERR_PROXY_TUNNEL|UND_ERR_ABORTED)$/, 'DestinationUnavailable', 'cannot be reached through the proxy:'],
  [/CERT_HAS_EXPIRED/, 'DestinationTlsError', 'shows a certificate that has expired'],
  [/CERT_NOT_YET_VALID/, 'DestinationTlsError', 'shows a certificate that is not valid yet'],
  [/ERR_TLS_CERT_ALTNAME_INVALID/, 'DestinationTlsError', 'shows a certificate for another host name'],
  [
    /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|^CERT_|^UNABLE_TO_DECRYPT|_SIGNATURE_FAILURE/,
    'DestinationTlsError',
    'shows a certificate that is not trusted',
  ],
  [
    /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|CERTIFICATE_(EXPIRED|UNKNOWN|REVOKED)|UNKNOWN_CA|ACCESS_DENIED)|ALERT_HANDSHAKE_FAILURE/,
    'CredentialError',
    'does not accept the client certificate, or asks for one',
  ],
  [/ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_EOF)/, 'DestinationRefused', 'does not speak TLS here'],
  [/^ERR_SSL_|^EPROTO$/, 'DestinationTlsError', 'and the operator do not agree on TLS'],
  [/^HPE_/, 'DestinationRefused', 'does not speak HTTP here'],
  [/^ECONNREFUSED$/, 'DestinationUnavailable', 'refuses connections'],
  [/^(ENOTFOUND|EAI_)/, 'DestinationUnavailable', 'has a host name that cannot be resolved'],
  [/^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/, 'DestinationUnavailable', 'cannot be reached'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'DestinationUnavailable', 'cut the connection before it answered'],
  [/^(UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|DELIVERY_DEADLINE)$/, 'DestinationUnavailable', 'did not answer in time'],
];

/** What an error in place of an answer means for a destination. */
export function troubleOf(error: Error, shown: string, secrets: readonly string[]): Failure {
  for (const each of chainOf(error)) {
    const row = rows.find(([codes]) => codes.test(codeOf(each)));
    if (!row) continue;
    const [, reason, says] = row;
    // Guard and proxy say themselves what is wrong.
    const why = says.endsWith(':') ? cleaned(each.message, secrets) : `(${codeOf(each)})`;
    return { reason, message: `${shown} ${says} ${why}` };
  }
  return { reason: 'DestinationUnavailable', message: `${shown} did not answer: ${cleaned(error.message, secrets)}` };
}

/** An error, what it wraps, and its causes: the innermost code is the telling one, so the known one is looked for in all. */
function chainOf(error: unknown, depth = 0): readonly Error[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const inside = error instanceof AggregateError ? error.errors : [];
  return [error, ...inside.flatMap((each) => chainOf(each, depth + 1)), ...chainOf(error.cause, depth + 1)];
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');
