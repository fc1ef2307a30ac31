import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { controlPlane } from '../../test/support/controlplane.ts';
import { startDatadogServer } from '../../test/support/platforms/datadog.ts';
import { freePort, type Server, server } from '../../test/support/process.ts';
import { type S3Server, startS3Server } from '../../test/support/s3-server/server.ts';
import { step } from '../prepare/step.mjs';
import { announce, prepareTool } from '../tools/prepare.ts';
import { type Cluster, cluster, type Seen } from './cluster.ts';
import { type Collector, collector } from './collector.ts';
import { type Life, unlessStopped } from './life.ts';
import { type AccessKey, bucket } from './manifests.ts';
import { bucketContents, type Contents } from './sample/bucket.ts';
import { idOf, platformTraces } from './sample/platform.ts';
import type { SpanId } from './sample/spans.ts';

/** All that runs while the demo does. */
export type Stack = {
  readonly cluster: Cluster;
  readonly kubeconfig: string;
  /** Where kubectl is. */
  readonly binaries: string;
  readonly s3: S3Server;
  readonly contents: Contents;
  /** A trace platform, and the spans that it has. */
  readonly platform: { readonly origin: string; readonly spans: readonly SpanId[] };
  /** With the right to read the bucket. */
  readonly reader: AccessKey;
  readonly collector: Collector;
  /** What is to be seen in the cluster; throws once the operator has ended. */
  readonly look: () => Promise<Seen>;
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const host = '127.0.0.1';

/** Gets the programs that are needed; what cannot be had is said with the ways to help oneself. */
export async function prepare(): Promise<{ readonly controlplane: string; readonly collector: string }> {
  const folders: string[] = [];
  for (const name of ['controlplane', 'collector']) {
    const prepared = await prepareTool(name);
    if (!prepared.ok) throw new Error(prepared.why);
    announce(name, prepared.found);
    folders.push(prepared.found.folder);
  }
  const [controlplane = '', collector = ''] = folders;
  return { controlplane, collector };
}

/** Starts everything, in the order in which one thing needs another, with a line for each. */
export async function start(folders: Awaited<ReturnType<typeof prepare>>, life: Life): Promise<Stack> {
  const started = <T>(name: string, run: () => Promise<readonly [T, string]>): Promise<T> => {
    let result: T | undefined;
    const named = async () => {
      const [value, words] = await run();
      result = value;
      return words;
    };
    return unlessStopped(life.signal, step(name, named)).then(() => result as T);
  };

  const plane = await started('Kubernetes API', async () => {
    const plane = await controlPlane({ crds: [join(root, 'crds')] });
    life.onEnd(plane.stop);
    return [plane, plane.rest.server];
  });
  const kubeconfig = join(life.folder, 'kubeconfig');
  writeFileSync(kubeconfig, plane.kubeconfig, { mode: 0o600 });
  const access = cluster(join(folders.controlplane, 'kubectl'), kubeconfig, plane.rest, life.signal);
  life.onEnd(access.close);

  const receiving = await started('collector', async () => {
    const receiving = await collector(join(folders.collector, 'otelcol'), life.folder);
    life.onEnd(() => receiving.kill());
    await receiving.start();
    return [receiving, receiving.endpoint];
  });
  const contents = bucketContents(Date.now());
  const s3 = await started('object store', async () => {
    const s3 = await startS3Server();
    life.onEnd(s3.close);
    s3.createBucket(bucket);
    for (const { key, body, storageClass = 'STANDARD' } of contents.uploads) s3.put(bucket, key, body, { storageClass });
    return [s3, `${contents.uploads.length} files in s3://${bucket}`];
  });
  const platform = await started('trace platform', async () => {
    const server = await startDatadogServer(Date.now);
    life.onEnd(server.stop);
    const spans = platformTraces(Date.now());
    server.send(...spans);
    return [{ origin: server.origin, spans: spans.map(idOf) }, `${spans.length} spans, in the shape of Datadog`];
  });
  const operator = await started('operator', async () => {
    await access.kubectl(['create', 'namespace', 'spanferry']);
    const operator = await startOperator(life, kubeconfig, receiving.endpoint);
    return [operator, 'this repository, as a process'];
  });
  return {
    cluster: access,
    kubeconfig,
    binaries: folders.controlplane,
    s3,
    contents,
    platform,
    reader: s3.identities.addUser('reader').credential,
    collector: receiving,
    look: () => {
      const end = operator.ended();
      if (end !== undefined) throw new Error(`the operator has ended (${end})${operator.lastWords()}`);
      return access.look();
    },
  };
}

async function startOperator(
  life: Life,
  kubeconfig: string,
  collectorEndpoint: string,
): Promise<Server & { readonly lastWords: () => string }> {
  const listen = `${host}:${await freePort()}`;
  const log = join(life.folder, 'operator.log');
  const flags = { namespace: 'spanferry', 'collector-endpoint': collectorEndpoint, 'allow-loopback': 'true', listen };
  const running = server(
    'the operator',
    process.execPath,
    [join(root, 'src/main.ts'), 'operator', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    async () => (await fetch(`http://${listen}/readyz`)).ok,
    { env: { ...process.env, KUBECONFIG: kubeconfig }, detached: true, onOutput: (chunk) => appendFileSync(log, chunk) },
  );
  life.onEnd(() => running.kill());
  await running.start();
  return { ...running, lastWords: () => lastWords(readFileSync(log, 'utf8')) };
}

/** The last complaint in a log: a line that is no JSON, or one above info. */
function lastWords(log: string): string {
  const complaint = log
    .trim()
    .split('\n')
    .findLast((line) => !/^\{"level":"(info|debug)"/.test(line));
  return complaint ? `; it complained last: ${complaint}` : '';
}
