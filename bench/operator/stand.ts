import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand, bundleOperator } from '../../hack/build/bundle.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import { sleep } from '../../src/std/sleep.ts';
import { type ApiServer, apiClient } from '../../test/support/api-client.ts';
import { type ControlPlane, controlPlane } from '../../test/support/controlplane.ts';
import { freePort } from '../../test/support/process.ts';
import type { Fileset, Seen, Served, Upload } from './servers.ts';

/** What a row is measured on: a control plane, an S3 server with files, a collector, and the operator as it is shipped. */
export type Stand = {
  readonly plane: ControlPlane;
  readonly api: ApiServer;
  readonly served: Served;
  /** What the collector has seen so far. */
  readonly seen: () => Promise<Seen>;
  readonly upload: (file: Upload) => void;
  /** The processes around the operator. */
  readonly pids: { readonly servers: number; readonly apiServer: number; readonly etcd: number };
  /** `sends` names a file for the moments at which it sends writes to the API server. */
  readonly operator: (flags?: readonly string[], sends?: string) => Promise<Operator>;
  readonly source: (name: string, spec?: object, namespace?: string) => Promise<void>;
  readonly get: (name: string) => Promise<IngestionSource>;
  /** Resolves when so many files of a source are completed. */
  readonly completed: (name: string, files: number) => Promise<IngestionSource>;
  readonly close: () => Promise<void>;
};

export type Operator = {
  readonly pid: number;
  /** A metric, summed over its labels that have this text in them. */
  readonly metric: (name: string, having?: string) => Promise<number>;
  readonly stop: () => Promise<void>;
};

const crds = fileURLToPath(new URL('../../crds', import.meta.url));
const sendsPreload = new URL('../../test/support/programs/sends.ts', import.meta.url).href;
const dockerfile = fileURLToPath(new URL('../../Dockerfile', import.meta.url));
const own = 'default';
const place = (namespace = own) => `/apis/spanferry.io/v1alpha1/namespaces/${namespace}/ingestionsources`;

/**
 * Starts everything but the operator. `SPANFERRY_BENCH_LOG` names a file for what operators say, and `SPANFERRY_BENCH_NODE` more flags for node,
 * such as `--trace-gc` or `--cpu-prof`.
 */
export async function startStand(sets: readonly Fileset[]): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'spanferry-bench-'));
  const { file } = await bundleCommand(folder);
  await bundleOperator(folder);
  const plane = await controlPlane({ crds: [crds] });
  const api = apiClient(plane.rest);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, plane.kubeconfig, { mode: 0o600 });
  const servers = fork(fileURLToPath(new URL('./servers.ts', import.meta.url)), [JSON.stringify(sets)]);
  const [served] = (await once(servers, 'message')) as [Served];
  const data = { accessKeyId: served.accessKeyId, secretAccessKey: served.secretAccessKey };
  await api.call('POST', `/api/v1/namespaces/${own}/secrets`, { metadata: { name: 's3-keys' }, stringData: data });

  const get = (name: string) => api.call<IngestionSource>('GET', `${place()}/${name}`);
  const operators: Operator[] = [];
  return {
    plane,
    api,
    served,
    seen: async () => {
      servers.send('seen?');
      return ((await once(servers, 'message')) as [Seen])[0];
    },
    upload: (file) => void servers.send(file),
    pids: { servers: servers.pid ?? 0, apiServer: plane.apiServer.pid() ?? 0, etcd: plane.etcd.pid() ?? 0 },
    operator: async (flags = [], sends) => {
      const always = ['--namespace', own, '--collector-endpoint', served.collector, '--allow-loopback'];
      const operator = await startOperator(file, [...always, ...flags], kubeconfig, sends);
      operators.push(operator);
      return operator;
    },
    source: async (name, spec = {}, namespace) => void (await api.call('POST', place(namespace), manifest(name, served, spec))),
    get,
    completed: async (name, files) => {
      for (;;) {
        const source = await get(name);
        if ((source.status.files?.completed ?? 0) >= files) return source;
        if ((source.status.files?.failed ?? 0) > 0) throw new Error(`files fail: ${JSON.stringify(source.status.recentFailures)}`);
        await sleep(250);
      }
    },
    close: async () => {
      for (const operator of operators) await operator.stop();
      servers.kill();
      await api.close();
      await plane.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How the image starts the operator: what stands between node and the program, and its environment. */
function shipped(): { readonly flags: readonly string[]; readonly env: NodeJS.ProcessEnv } {
  const text = readFileSync(dockerfile, 'utf8');
  const [, entrypoint = '[]'] = /^ENTRYPOINT (.+)$/m.exec(text) ?? [];
  const [, variables = ''] = /^ENV (.+)$/m.exec(text) ?? [];
  const env = Object.fromEntries(variables.split(' ').map((each) => each.split('=') as [string, string]));
  return { flags: (JSON.parse(entrypoint) as readonly string[]).slice(1, -1), env };
}

async function startOperator(program: string, flags: readonly string[], kubeconfig: string, sends?: string): Promise<Operator> {
  const listen = `127.0.0.1:${await freePort()}`;
  const { flags: node, env } = shipped();
  const more = [...(process.env.SPANFERRY_BENCH_NODE?.split(' ') ?? []), ...(sends === undefined ? [] : ['--import', sendsPreload])];
  const child = spawn(process.execPath, [...node, ...more, program, 'operator', ...flags, '--listen', listen], {
    env: { ...process.env, ...env, KUBECONFIG: kubeconfig, ...(sends !== undefined && { SPANFERRY_TEST_SENDS: sends }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = process.env.SPANFERRY_BENCH_LOG;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => log && appendFileSync(log, chunk));
  const reap = () => void child.kill('SIGKILL');
  process.once('exit', reap);
  while (
    !(await fetch(`http://${listen}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`the operator ended with ${child.exitCode}`);
    await sleep(100);
  }
  return {
    pid: child.pid ?? 0,
    metric: async (name, having = '') => {
      const text = await (await fetch(`http://${listen}/metrics`)).text();
      const lines = text
        .split('\n')
        .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(having));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
    stop: () => ended(child),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

const manifest = (name: string, { endpoint }: Served, spec: object) => ({
  apiVersion: 'spanferry.io/v1alpha1',
  kind: 'IngestionSource',
  metadata: { name },
  spec: {
    store: {
      s3: {
        bucket: 'bench',
        prefix: `${name}/`,
        region: 'us-east-1',
        endpoint,
        forcePathStyle: true,
        auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } },
      },
    },
    scan: { interval: '10s' },
    ...spec,
  },
});
