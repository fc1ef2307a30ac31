import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a package brings along and nobody here uses: where it is imported, and what stands in for it. */
type Trim = { readonly imported: RegExp; readonly by: RegExp; readonly instead: string };

const trims: readonly Trim[] = [
  {
    // The generated API and thousands of models, for a method of the kubeconfig that nobody calls.
    imported: /^\.\/(gen\/index|middleware)\.js$/,
    by: /client-node\/dist\/config\.js$/,
    instead: 'export const createConfiguration = undefined, ServerConfiguration = undefined, setHeaderMiddleware = undefined;',
  },
  {
    // Agents for proxies, which a kubeconfig makes and nobody asks: the transport has its own.
    imported: /^(socks|socks-proxy-agent|hpagent)$/,
    by: /client-node\/dist\/config\.js$/,
    instead:
      'class Unused {} export { Unused as SocksClient, Unused as SocksProxyAgent, Unused as HttpProxyAgent, Unused as HttpsProxyAgent };',
  },
  {
    // Complaints in forty languages.
    imported: /^\.\.\/locales\/index\.js$/,
    by: /zod\/v4\/(classic|core|mini)\/[^/]+\.js$/,
    instead: 'export {};',
  },
  {
    // fetch, WebSocket, caches and mocks. The first lines are what its own index begins with.
    imported: /^undici$/,
    by: /^(?!.*node_modules\/undici\/)/,
    instead: `
      const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');
      Object.assign(Dispatcher.prototype, require('undici/lib/api/index.js'));
      exports.Agent = require('undici/lib/dispatcher/agent.js');
      exports.EnvHttpProxyAgent = require('undici/lib/dispatcher/env-http-proxy-agent.js');
      exports.Pool = require('undici/lib/dispatcher/pool.js');
      exports.ProxyAgent = require('undici/lib/dispatcher/proxy-agent.js');
      exports.buildConnector = require('undici/lib/core/connect.js');`,
  },
];

/** Leaves out of a bundle what nobody here uses of its packages: a third of what a command with a cluster would have to parse. */
export const trimmed: Plugin = {
  name: 'trimmed',
  setup({ onResolve, onLoad }) {
    for (const [i, { imported, by, instead }] of trims.entries()) {
      const namespace = `trimmed-${i}`;
      onResolve({ filter: imported }, ({ path, importer }) => (by.test(importer) ? { path, namespace } : undefined));
      onLoad({ filter: /.*/, namespace }, () => ({ contents: instead, resolveDir: root }));
    }
  },
};
