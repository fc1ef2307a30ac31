import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { Access } from './access.ts';

/** Requests share few connections; watches hold theirs for minutes and must not keep requests waiting. */
export type Pools = { readonly requests: Dispatcher; readonly watches: Dispatcher };

/** Pools for whatever access is current. A new authority, certificate or address gets new pools; old calls end on the old ones. */
export function poolsOf(connections: number): { readonly for: (access: Access) => Pools; readonly close: () => Promise<void> } {
  let open: { readonly pools: Pools; readonly access: Access } | undefined;

  const through = (access: Access): Pools => {
    if (open && (open.access === access || sameRoute(open.access, access))) return open.pools;
    const left = open?.pools;
    open = { access, pools: { requests: dispatcher(access, connections), watches: dispatcher(access, null) } };
    for (const old of left ? [left.requests, left.watches] : []) old.close().catch(() => old.destroy());
    return open.pools;
  };

  const close = async (): Promise<void> => {
    const left = open?.pools;
    open = undefined;
    if (left) await Promise.all([left.requests.destroy(), left.watches.destroy()]);
  };

  return { for: through, close };
}

function dispatcher({ origin, proxy, tls }: Access, connections: number | null): Dispatcher {
  const common = {
    connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 30_000,
    // Deadlines are the transport's: one place, one clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const connect = { ...tls, timeout: 5_000, keepAlive: true, keepAliveInitialDelay: 15_000 };
  return proxy ? new ProxyAgent({ ...common, uri: proxy, requestTls: connect }) : new Pool(origin, { ...common, connect });
}

/** A new token is only a header; everything else needs new connections. */
function sameRoute(a: Access, b: Access): boolean {
  const route = ({ origin, proxy, tls }: Access) => JSON.stringify([origin, proxy, tls]);
  return route(a) === route(b);
}
