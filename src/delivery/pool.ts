import type { Socket } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import type { ProxyEnv } from '../std/egress.ts';
import type { EgressPolicy } from '../std/egress-addresses.ts';
import { guardedDispatcher } from '../std/egress-undici.ts';
import type { Destination } from './destination.ts';

/** How destinations are reached: what the guard lets through to hosts that sources name, and the proxies of the operator's environment. */
export type Egress = { readonly policy?: EgressPolicy | undefined; readonly proxy?: ProxyEnv | undefined };

/** Connections to one destination. HTTP/1.1 without pipelining: measured to be the cheapest for bodies of this size. */
export function openPool({ tls, timeouts, guarded }: Destination, connections: number, { policy = {}, proxy }: Egress): Dispatcher {
  return guardedDispatcher(guarded ? policy : 'unguarded', {
    ...{ proxy, connections, cert: tls.cert, key: tls.key },
    ...(tls.ca !== undefined && { ca: [...getCACertificates('default'), tls.ca] }),
    connectTimeoutMs: timeouts.connectMs,
    headersTimeoutMs: timeouts.answerMs,
    bodyTimeoutMs: timeouts.answerMs,
    keepAliveMs: 30_000,
    onConnection: outspoken,
  });
}

/**
 * Over TLS 1.3 a server refuses a client certificate only after the handshake: an alert, then the end of the stream, and undici would
 * report the end alone. Destroyed at the alert, the socket keeps the error that says more.
 */
function outspoken(socket: Socket): void {
  socket.once('error', (alert) => socket.destroy(alert));
}
