import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import type { IngestionFile } from '../../src/api/ingestionfile.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import { type CollectorStub, startCollector } from './collector-stub.ts';
import { kubectl, kubectlOk } from './kubectl.ts';
import { freePort } from './process.ts';
import { type S3Server, startS3Server } from './s3-server/server.ts';

/** One replica of the operator, as a process. */
export type Replica = {
  readonly process: ChildProcess;
  /** Everything it logged, one object per line. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  readonly text: () => string;
  readonly url: string;
  /** SIGTERM, and its exit code. */
  readonly stop: () => Promise<number | null>;
  readonly kill: () => Promise<void>;
};

/** A namespace with a bucket and a collector, and the operator in front of a real API server. */
export type Stage = {
  readonly namespace: string;
  readonly s3: S3Server;
  readonly bucket: string;
  readonly collector: CollectorStub;
  readonly start: (flags?: readonly string[], environment?: NodeJS.ProcessEnv, program?: readonly string[]) => Promise<Replica>;
  readonly apply: (object: object) => Promise<void>;
  /** A source of the bucket, with a Secret of its own. */
  readonly source: (name: string, spec?: object) => Promise<void>;
  readonly get: (name: string) => Promise<IngestionSource>;
  readonly files: (name?: string) => Promise<readonly IngestionFile[]>;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  readonly close: () => Promise<void>;
};

const program = fileURLToPath(new URL('./programs/operator.ts', import.meta.url));

let count = 0;

export async function stage(): Promise<Stage> {
  const namespace = `stage-${process.pid}-${Date.now().toString(36)}-${count++}`;
  const bucket = 'acme-traces';
  const s3 = await startS3Server();
  const collector = await startCollector();
  const key = s3.identities.addUser('reader').credential;
  s3.createBucket(bucket);
  await kubectlOk(['create', 'namespace', namespace]);
  const replicas: Replica[] = [];
  const inNamespace = (...args: readonly string[]) => kubectlOk(['-n', namespace, ...args]);
  const apply = async (object: object) =>
    void (await kubectlOk(['-n', namespace, 'apply', '--server-side', '-f', '-'], JSON.stringify(object)));
  const list = async <T>(what: string): Promise<T[]> => (JSON.parse(await inNamespace('get', what, '-o', 'json')) as { items: T[] }).items;

  return {
    namespace,
    s3,
    bucket,
    collector,
    apply,
    kubectl: inNamespace,
    start: async (flags = [], environment = {}, command = [program]) => {
      const replica = await startReplica(
        [
          '--namespace',
          namespace,
          '--name',
          `replica-${replicas.length}`,
          '--collector-endpoint',
          collector.url,
          '--allow-loopback',
          ...flags,
        ],
        environment,
        command,
      );
      replicas.push(replica);
      return replica;
    },
    source: async (name, spec = {}) => {
      await apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's3-keys' },
        stringData: { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey },
      });
      await apply({
        apiVersion: 'spanferry.io/v1alpha1',
        kind: 'IngestionSource',
        metadata: { name },
        spec: {
          store: {
            s3: {
              bucket,
              region: s3.region,
              endpoint: s3.endpoint,
              forcePathStyle: true,
              auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } },
            },
          },
          scan: { interval: '10s' },
          ...spec,
        },
      });
    },
    get: async (name) => JSON.parse(await inNamespace('get', 'ingestionsource', name, '-o', 'json')) as IngestionSource,
    files: async (name) =>
      (await list<IngestionFile>('ingestionfiles')).filter((file) => name === undefined || file.spec.sourceRef.name === name),
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.kill()));
      await Promise.all([collector.close(), s3.close()]);
      await kubectl(['delete', 'namespace', namespace, '--wait=false']);
    },
  };
}

async function startReplica(flags: readonly string[], environment: NodeJS.ProcessEnv, command: readonly string[]): Promise<Replica> {
  const port = await freePort();
  const child = spawn(process.execPath, [...command, ...flags, '--listen', `127.0.0.1:${port}`], {
    env: { ...process.env, KUBECONFIG: inject('envtest').kubeconfigPath, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk;
    });
  }
  const gone = once(child, 'exit');
  const ended = async () => {
    if (child.exitCode === null && child.signalCode === null) await gone;
  };
  return {
    process: child,
    text: () => text,
    get log() {
      return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
    },
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGTERM');
      await ended();
      return child.exitCode;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended();
    },
  };
}

/** Asks again until the answer is there; what was seen last is part of the complaint. */
export async function eventually<T>(ask: () => Promise<T> | T, enough: (seen: T) => boolean, withinMs = 30_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await ask();
    if (enough(seen)) return seen;
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs / 1_000} s; seen last: ${JSON.stringify(seen, undefined, 1).slice(0, 3_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
