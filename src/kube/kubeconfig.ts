import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Cluster, User } from '@kubernetes/client-node/dist/config_types.js';
import { parse } from 'yaml';
import { KubeError } from './errors.ts';
import { proxyFor } from './proxy.ts';

/** What a person may say about the cluster on the command line, as to kubectl. */
export type ClusterChoice = { readonly kubeconfig?: string; readonly context?: string };

/** Where the ServiceAccount of a pod is. */
const IN_CLUSTER = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** The kubeconfig, found as kubectl finds it: the flag, KUBECONFIG (several files, the first word counts), ~/.kube/config, the pod. */
export function findKubeConfig({ kubeconfig, context }: ClusterChoice, env: Readonly<Record<string, string | undefined>>): KubeConfig {
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
  // A pod's way to its own API server leads through no proxy: what the environment names is for stores and destinations.
  if (there.length > 0) config.clusters = config.clusters.map((cluster) => withProxy(cluster, proxyFor(cluster.server, env)));
  return config;
}

const withProxy = (cluster: Cluster, proxy: string | undefined): Cluster =>
  cluster.proxyUrl || !proxy ? cluster : { ...cluster, proxyUrl: proxy };

/** The namespace that the current context names. */
export const namespaceOf = (config: KubeConfig): string => config.getContextObject(config.getCurrentContext())?.namespace || 'default';

const filesOf = ({ KUBECONFIG, HOME }: Readonly<Record<string, string | undefined>>): readonly string[] =>
  KUBECONFIG ? KUBECONFIG.split(delimiter).filter((file) => file !== '') : [join(HOME || homedir(), '.kube', 'config')];

function read(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    const text = readFileSync(file, 'utf8');
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(file));
    config.users = config.users.map(withTokenFile(parse(text), dirname(file)));
  } catch (thrown) {
    throw new KubeError('Unreachable', `the kubeconfig ${file} cannot be read${trouble(thrown)}`);
  }
  return config;
}

type Written = { readonly users?: readonly { readonly name: string; readonly user?: { readonly tokenFile?: string } }[] };

/** client-node overlooks the file of a token, which goes before a token, unless a user looks like that of a pod: then it is read every minute. */
const withTokenFile =
  ({ users = [] }: Written, folder: string) =>
  (user: User): User => {
    const { tokenFile } = users.find(({ name }) => name === user.name)?.user ?? {};
    if (tokenFile === undefined) return user;
    const { token: _token, ...rest } = user;
    return { ...rest, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } } };
  };

/** A parser quotes the line that it stumbles over, and that may hold a token: only its number is told. */
function trouble(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  if ('code' in thrown) return ` (${thrown.code})`;
  const { mark } = thrown as Error & { readonly mark?: { readonly line: number } };
  return mark ? ` (it is no YAML at line ${mark.line + 1})` : '';
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
