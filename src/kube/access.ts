import type { RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Clock } from '../std/clock.ts';
import { KubeError } from './errors.ts';

/** Where the API server is and how to prove who we are, right now. */
export type Access = {
  readonly origin: string;
  /** The path in front of /api, as behind Rancher; usually ''. */
  readonly prefix: string;
  readonly proxy: string | undefined;
  readonly tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername'>;
  readonly headers: Readonly<Record<string, string>>;
};

/** Tokens, certificates and authorities change while a process lives. */
export type Credentials = {
  /** At most a minute old, as in client-go. */
  readonly current: () => Promise<Access>;
  /** Called after a 401: reads everything anew unless somebody else did so since `refused`. */
  readonly renew: (refused: Access) => Promise<Access>;
};

const FRESH_MS = 60_000;
/** A plugin that gives refused tokens must not be run for every request. */
const RENEW_EVERY_MS = 10_000;

/** A kubeconfig given as text. */
export function kubeConfigFrom(text: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(text);
  return config;
}

/** Keeps the access of `load`'s current context fresh. client-node runs plugins and reads files; this decides when. */
export function credentials(load: () => KubeConfig, clock: Clock): Credentials {
  let config = load();
  let known: { readonly access: Access; readonly at: number } | undefined;
  let pending: Promise<Access> | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;

  const read = (): Promise<Access> => {
    pending ??= accessOf(config)
      .then((access) => {
        known = { access, at: clock.monotonic() };
        return access;
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };

  const current = async (): Promise<Access> => {
    if (!known) return read();
    if (clock.monotonic() - known.at < FRESH_MS) return known.access;
    const { access } = known;
    // A file in the middle of its rotation, a plugin that stumbles: what we have may still be good.
    return read().catch(() => {
      known = { access, at: clock.monotonic() };
      return access;
    });
  };

  const renew = async (refused: Access): Promise<Access> => {
    // What is being read right now comes from the old KubeConfig, which keeps a token until it expires, refused or not.
    await pending?.catch(() => {});
    if (known && !isSame(known.access, refused)) return known.access;
    if (clock.monotonic() - renewedAt < RENEW_EVERY_MS) return refused;
    renewedAt = clock.monotonic();
    config = loadedAgain(load);
    return read();
  };

  return { current, renew };
}

const isSame = (a: Access, b: Access): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A file in the middle of its rotation is trouble like any other with credentials: whoever asked tries again. */
function loadedAgain(load: () => KubeConfig): KubeConfig {
  try {
    return load();
  } catch (thrown) {
    throw thrown instanceof KubeError ? thrown : new KubeError('Unauthorized', 'the kubeconfig cannot be read again');
  }
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new KubeError('Unreachable', 'the kubeconfig names no cluster');
  if (!URL.canParse(cluster.server)) {
    throw new KubeError('Unreachable', 'the server that the kubeconfig names is no URL; it looks like https://10.0.0.1:6443');
  }
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw new KubeError('Unreachable', 'the kubeconfig names a server without TLS; if that is meant, set insecure-skip-tls-verify for it');
  }
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (thrown) {
    // What a plugin prints may hold a token: only the code of the failure is told.
    const code = thrown instanceof Error && 'code' in thrown ? `: ${thrown.code}` : '';
    const { command, installHint } = config.getCurrentUser()?.exec ?? {};
    if (command && code === ': ENOENT') {
      const hint = installHint ? `. ${String(installHint).trim()}` : '';
      throw new KubeError('Unauthorized', `the kubeconfig names the credential plugin ${command}, which is not in the PATH${hint}`);
    }
    throw new KubeError('Unauthorized', `the credential that the kubeconfig names cannot be obtained${code}`);
  }
  const { origin, pathname } = new URL(cluster.server);
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const tls = Object.entries({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }).filter(([, value]) => value !== undefined);
  return {
    origin,
    prefix: pathname.replace(/\/+$/, ''),
    proxy: cluster.proxyUrl,
    tls: Object.fromEntries(tls),
    headers: headersOf(options),
  };
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const basic = auth ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  // A token in a file may end with a line break, which no header may.
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value).trim()]);
  return { ...basic, ...Object.fromEntries(given) };
}
