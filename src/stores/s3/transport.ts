import { rootCertificates } from 'node:tls';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Dispatcher } from 'undici';
import { guardedHttpAgent, guardedHttpsAgent } from '../../std/egress.ts';
import { guardedDispatcher } from '../../std/egress-undici.ts';
import type { StoreOptions } from '../provider.ts';
import { reading } from './memory.ts';

export type RequestHandler = NodeHttpHandler;

/** The sockets of one client: the SDK's for everything but bodies, undici's for bodies. Both pass the egress guard. */
export type Transport = { readonly handler: RequestHandler; readonly dispatcher: Dispatcher; readonly close: () => void };

/** Three attempts fit into the ten seconds of a probe. */
export const CONNECT_MS = 2_500;
const ANSWER_MS = 20_000;
const SOCKETS = 256;

export function transport(options: StoreOptions, ca: string | undefined): Transport {
  const authorities = ca === undefined ? undefined : [...rootCertificates, ca];
  const handler = requestHandler(options, authorities);
  const dispatcher = guardedDispatcher(options, {
    proxy: options.proxy,
    ca: authorities,
    connections: SOCKETS,
    connectTimeoutMs: CONNECT_MS,
    headersTimeoutMs: ANSWER_MS,
    bodyTimeoutMs: ANSWER_MS,
    onread: reading,
  });
  return {
    handler,
    dispatcher,
    close: () => {
      handler.destroy();
      dispatcher.destroy().catch(() => {});
    },
  };
}

/** How STS is reached: its hosts are AWS's, or the operator's choice, which may be a loopback address. */
export const stsHandler = (options: StoreOptions): RequestHandler => requestHandler({ ...options, allowLoopback: true }, undefined);

function requestHandler({ allowLoopback, proxy }: StoreOptions, ca: readonly string[] | undefined): RequestHandler {
  const policy = { allowLoopback };
  const shared = { keepAlive: true, maxSockets: SOCKETS, ...(proxy && { proxyEnv: proxy }) };
  return new NodeHttpHandler({
    httpAgent: guardedHttpAgent(policy, shared),
    httpsAgent: guardedHttpsAgent(policy, { ...shared, ...(ca && { ca: [...ca] }) }),
    connectionTimeout: CONNECT_MS,
    requestTimeout: ANSWER_MS,
    // Without this the SDK only writes a warning when the time is over.
    throwOnRequestTimeout: true,
    socketTimeout: ANSWER_MS,
  });
}
