import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { buildConnector, Pool } from 'undici';
import type { Destination } from './destination.ts';

/** Watches over the connections to hosts that tenants name (the egress guard of std). */
export type Guard = {
  /** Resolves a name; fails with the code EGRESS_REFUSED where one of its addresses may not be reached. */
  readonly lookup: LookupFunction;
  /** Why a literal address or a known bad name may not be reached, in words; nothing where it may. */
  readonly refused: (host: string) => string | undefined;
};

/** Connections to one destination. HTTP/1.1 without pipelining: measured to be the cheapest for bodies of this size. */
export function openPool({ origin, tls, timeouts, guarded }: Destination, connections: number, guard: Guard | undefined): Pool {
  const connect = buildConnector({
    allowH2: false,
    timeout: timeouts.connectMs,
    ...(tls.ca !== undefined && { ca: [...getCACertificates('default'), tls.ca] }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    ...(guarded && guard && { lookup: guard.lookup }),
  });
  return new Pool(origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 30_000,
    headersTimeout: timeouts.answerMs,
    bodyTimeout: timeouts.answerMs,
    connect: outspoken(guarded && guard ? watched(connect, guard) : connect),
  });
}

/** A literal address is never looked up, so it is judged before the connection. */
function watched(connect: buildConnector.connector, guard: Guard): buildConnector.connector {
  return (options, done) => {
    const why = guard.refused(options.hostname);
    if (why === undefined) return connect(options, done);
    done(Object.assign(new Error(why), { code: 'EGRESS_REFUSED' }), null);
  };
}

/**
 * Over TLS 1.3 a server refuses a client certificate only after the handshake: an alert, then the end of the stream, and undici would
 * report the end alone. Destroyed at the alert, the socket keeps the error that says more.
 */
function outspoken(connect: buildConnector.connector): buildConnector.connector {
  return (options, done) =>
    connect(options, (...[error, socket]) => {
      if (error) return done(error, null);
      socket.once('error', (alert) => socket.destroy(alert));
      done(null, socket);
    });
}
