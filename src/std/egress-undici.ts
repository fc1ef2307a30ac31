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
};

/** An undici dispatcher that connects only where it may, and through the operator's proxies where the environment names some. */
export function guardedDispatcher(policy: EgressPolicy, options: GuardedDispatcherOptions = {}): Dispatcher {
  const { proxy, connections, connectTimeoutMs = 5_000, headersTimeoutMs = 30_000, bodyTimeoutMs = 30_000 } = options;
  const tls = {
    ...(options.ca && { ca: [...options.ca] }),
    ...(options.cert && { cert: options.cert }),
    ...(options.key && { key: options.key }),
  };
  const common = {
    connect: guardedConnector(policy, { ...tls, timeout: connectTimeoutMs }),
    headersTimeout: headersTimeoutMs,
    bodyTimeout: bodyTimeoutMs,
    ...(connections !== undefined && { connections }),
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
    const why = refusedHost(new URL(String(request.origin)).hostname, policy);
    if (why !== undefined) throw new EgressRefusedError(why);
    return dispatch(request, handler);
  });
}

/** A literal address needs no lookup, so it is judged before the connection. */
function guardedConnector(policy: EgressPolicy, options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector({ ...options, allowH2: false, lookup: guardedLookup(policy) });
  return (request, done) => {
    const why = refusedHost(request.hostname, policy);
    if (why === undefined) return connect(request, done);
    done(new EgressRefusedError(why), null);
  };
}
