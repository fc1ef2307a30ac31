import type { OnReadOpts, Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { EgressRefusedError, guardedLookup, type ProxyEnv } from './egress.ts';
import { type EgressPolicy, refusedHost } from './egress-addresses.ts';

export type GuardedDispatcherOptions = {
  readonly proxy?: ProxyEnv | undefined;
  /** Authorities to trust, all of them; the system's where left out. */
  readonly ca?: readonly string[] | undefined;
  /** A client certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Sockets per origin. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  readonly bodyTimeoutMs?: number;
  readonly keepAliveMs?: number;
  /** Where sockets that are made without a proxy read into, as node:net has it. */
  readonly onread?: OnReadOpts;
  /** Sees every connection that is made without a proxy. */
  readonly onConnection?: (socket: Socket) => void;
};

/**
 * An undici dispatcher that connects only where it may, and through the operator's proxies where the environment names some. `unguarded`
 * is for hosts that the operator itself has named.
 */
export function guardedDispatcher(policy: EgressPolicy | 'unguarded', options: GuardedDispatcherOptions = {}): Dispatcher {
  const { proxy, connections, connectTimeoutMs = 5_000, headersTimeoutMs = 30_000, bodyTimeoutMs = 30_000, keepAliveMs } = options;
  const tls = {
    ...(options.ca && { ca: [...options.ca] }),
    ...(options.cert && { cert: options.cert }),
    ...(options.key && { key: options.key }),
  };
  const common = {
    connect: connector(
      policy,
      { ...tls, timeout: connectTimeoutMs, ...(options.onread && { onread: options.onread }) },
      options.onConnection,
    ),
    headersTimeout: headersTimeoutMs,
    bodyTimeout: bodyTimeoutMs,
    ...(connections !== undefined && { connections }),
    ...(keepAliveMs !== undefined && { keepAliveTimeout: keepAliveMs }),
  };
  if (!proxy?.HTTP_PROXY && !proxy?.HTTPS_PROXY) return new Agent(common);
  const agent = new EnvHttpProxyAgent({
    ...common,
    requestTls: tls,
    httpProxy: proxy.HTTP_PROXY ?? '',
    httpsProxy: proxy.HTTPS_PROXY ?? '',
    noProxy: proxy.NO_PROXY ?? '',
  });
  return agent.compose((dispatch) => (request, handler) => {
    const why = refused(new URL(String(request.origin)).hostname, policy);
    if (why !== undefined) throw new EgressRefusedError(why);
    return dispatch(request, handler);
  });
}

const refused = (host: string, policy: EgressPolicy | 'unguarded'): string | undefined =>
  policy === 'unguarded' ? undefined : refusedHost(host, policy);

/** A literal address needs no lookup, so it is judged before the connection. */
function connector(
  policy: EgressPolicy | 'unguarded',
  options: buildConnector.BuildOptions,
  onConnection: GuardedDispatcherOptions['onConnection'],
): buildConnector.connector {
  const connect = buildConnector({ ...options, allowH2: false, ...(policy !== 'unguarded' && { lookup: guardedLookup(policy) }) });
  return (request, done) => {
    const why = refused(request.hostname, policy);
    if (why !== undefined) return done(new EgressRefusedError(why), null);
    connect(request, (...[error, socket]) => {
      if (error) return done(error, null);
      onConnection?.(socket);
      done(null, socket);
    });
  };
}
