import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { KubeError } from './errors.ts';

/** What a person may say about the cluster on the command line, as to kubectl. */
export type ClusterChoice = { readonly kubeconfig?: string; readonly context?: string };

/** Where the ServiceAccount of a pod is. */
const IN_CLUSTER = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** The kubeconfig of a person, found as kubectl finds it: the flag, KUBECONFIG (several files, the first word counts), ~/.kube/config, the pod. */
export function personKubeConfig({ kubeconfig, context }: ClusterChoice, env: Readonly<Record<string, string | undefined>>): KubeConfig {
  const files = kubeconfig === undefined ? filesOf(env) : [kubeconfig];
  const there = files.filter((file) => existsSync(file));
  if (kubeconfig !== undefined && there.length === 0) throw new KubeError('Unreachable', `there is no kubeconfig ${kubeconfig}`);
  const config = new KubeConfig();
  if (there.length > 0) for (const file of there) merge(config, read(file));
  else if (existsSync(IN_CLUSTER)) config.loadFromCluster();
  else throw new KubeError('Unreachable', `there is no kubeconfig (${files.join(', ')})`);
  if (context !== undefined) config.setCurrentContext(context);
  const name = config.getCurrentContext();
  if (!config.getContextObject(name ?? '')) {
    const names = config.getContexts().map((each) => each.name);
    const known = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none';
    throw new KubeError(
      'Unreachable',
      `${name ? `the kubeconfig has no context ${name}` : 'the kubeconfig names no current context'}; ${known}`,
    );
  }
  equipPlugin(config, process.stdin.isTTY === true);
  return config;
}

/** The namespace that the current context names. */
export const namespaceOf = (config: KubeConfig): string => config.getContextObject(config.getCurrentContext())?.namespace || 'default';

const filesOf = ({ KUBECONFIG, HOME }: Readonly<Record<string, string | undefined>>): readonly string[] =>
  KUBECONFIG ? KUBECONFIG.split(delimiter).filter((file) => file !== '') : [join(HOME || homedir(), '.kube', 'config')];

function read(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    const text = readFileSync(file, 'utf8');
    // client-node knows the file of a token under a name that nobody else uses.
    config.loadFromString(text.includes('auth-provider') ? text : text.replace(/\btokenFile(?=["']?\s*:)/g, 'token-file'));
    config.makePathsAbsolute(dirname(file));
  } catch (thrown) {
    // A parser quotes the line that it stumbles over, and that may hold a token.
    const code = thrown instanceof Error && 'code' in thrown ? ` (${thrown.code})` : '';
    throw new KubeError('Unreachable', `the kubeconfig ${file} cannot be read${code}`);
  }
  return config;
}

/** Adds what is not there yet. */
function merge(into: KubeConfig, from: KubeConfig): void {
  const isNew = (all: readonly { readonly name: string }[] | undefined) => (each: { readonly name: string }) =>
    !all?.some(({ name }) => name === each.name);
  for (const cluster of from.getClusters().filter(isNew(into.clusters))) into.addCluster(cluster);
  for (const user of from.getUsers().filter(isNew(into.users))) into.addUser(user);
  for (const context of from.getContexts().filter(isNew(into.contexts))) into.addContext(context);
  if (!into.getCurrentContext()) into.setCurrentContext(from.getCurrentContext());
}

/** Runs the credential plugin of the current user, if it has one, in the surroundings that kubectl gives it. */
function equipPlugin(config: KubeConfig, interactive: boolean): void {
  const exec = config.getCurrentUser()?.exec;
  if (!exec) return;
  const { server, caData, skipTLSVerify, tlsServerName, proxyUrl } = config.getCurrentCluster() ?? { server: '' };
  const cluster = {
    server,
    'certificate-authority-data': caData,
    'insecure-skip-tls-verify': skipTLSVerify,
    'tls-server-name': tlsServerName,
    'proxy-url': proxyUrl,
  };
  const spec = { interactive, ...(exec.provideClusterInfo && { cluster }) };
  const info = JSON.stringify({ kind: 'ExecCredential', apiVersion: exec.apiVersion, spec });
  exec.env = [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: info }];
  // client-node gives it no terminal and keeps its words to itself, so that nobody would see "enter this code in your browser".
  const { authenticators } = config as unknown as { readonly authenticators: readonly { execFn?: RunPlugin }[] };
  const runner = authenticators.find(({ execFn }) => execFn);
  if (runner) runner.execFn = atTerminal(interactive && exec.interactiveMode !== 'Never');
}

type RunPlugin = (command: string, args: readonly string[] | undefined, options: SpawnOptions) => ChildProcess;

/** Runs a plugin at the person's terminal: what it says goes there, and it may ask where somebody sits. */
const atTerminal =
  (asks: boolean): RunPlugin =>
  (command, args = [], options) => {
    const child = spawn(command, args, { ...options, stdio: [asks ? 'inherit' : 'ignore', 'pipe', 'pipe'] });
    child.stderr?.pipe(process.stderr, { end: false });
    return child;
  };
