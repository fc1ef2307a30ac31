import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { buildConnector, Pool } from 'undici';
import { fail } from '../api/failure.ts';
import type { Destination } from './destination.ts';

/** Watches over the connections to hosts that tenants name (the egress guard of std). */
export type Guard = {
  /** Resolves a name, and refuses it when an address is refused. */
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
    connect: guarded && guard ? watched(connect, guard) : connect,
  });
}

/** A literal address is never looked up, so it is judged before the connection. */
function watched(connect: buildConnector.connector, guard: Guard): buildConnector.connector {
  return (options, done) => {
    try {
      const why = guard.refused(options.hostname);
      if (why !== undefined) fail('EgressRefused', why);
      connect(options, done);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)), null);
    }
  };
}
