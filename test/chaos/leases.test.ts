import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workerSelector } from '../../src/kube/capacity.ts';
import { electionTiming as timing } from '../../src/kube/election.ts';
import { heartbeat, heartbeatTiming } from '../../src/kube/heartbeat.ts';
import type { Lease } from '../../src/kube/kinds.ts';
import { holderOf, renewalMark } from '../../src/kube/lease.ts';
import type { Source } from '../../src/kube/ownkinds.ts';
import { roster } from '../../src/kube/roster.ts';
import { tenure } from '../../src/kube/tenure.ts';
import { silentLog } from '../../src/observability/logger.ts';
import { systemClock as clock } from '../../src/std/clock.ts';
import { sleep } from '../../src/std/sleep.ts';
import { candidates, says } from '../support/candidates.ts';
import { faults, startCollector } from '../support/collector-stub.ts';
import { type ControlPlane, controlPlane } from '../support/controlplane.ts';
import { eventually } from '../support/eventually.ts';
import { kubeClient } from '../support/kube-client.ts';
import { kubeProxy } from '../support/kube-proxy.ts';
import { type Replica, startReplica } from '../support/replica.ts';
import { startS3Server } from '../support/s3-server/server.ts';
import { agentFile } from '../support/traces/agent.ts';

const namespace = 'default';
const STOPPED_MS = 30_000;
const AWAY_MS = 120_000;

let plane: ControlPlane;
let client: ReturnType<typeof kubeClient>;
let folder: string;
let kubeconfigPath: string;

beforeAll(async () => {
  plane = await controlPlane({ crds: [fileURLToPath(new URL('../../crds', import.meta.url))] });
  client = kubeClient(plane.kubeconfig);
  folder = await mkdtemp(join(tmpdir(), 'spanferry-leases-'));
  kubeconfigPath = join(folder, 'kubeconfig');
  await writeFile(kubeconfigPath, plane.kubeconfig, { mode: 0o600 });
});

afterAll(async () => {
  await client?.transport.close();
  await plane?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const workerLeases = async (): Promise<readonly Lease[]> => {
  const found: Lease[] = [];
  for await (const { items } of client.leases.list({ namespace, labelSelector: workerSelector })) found.push(...items);
  return found;
};

/** Resolves once each of these workers has renewed so often from now on. */
async function renewed(workers: readonly string[], times: number): Promise<void> {
  const marks = new Map(workers.map((name) => [name, new Set<string>()]));
  const look = async () => {
    for (const lease of await workerLeases()) marks.get(lease.metadata.name)?.add(renewalMark(lease));
    return [...marks.values()].map(({ size }) => size);
  };
  await eventually(look, (seen) => seen.every((size) => size > times), 2 * times * heartbeatTiming.renewMs);
}

/** As in a cluster: Leases of 15 s, signs of life every 10 s. The tests wait, most of the time, and do so together. */
describe.concurrent('with the times of a real installation', () => {
  test('a leader that was stopped for 30 s writes nothing when it goes on, and another one leads meanwhile', { timeout: 120_000 }, async ({
    onTestFinished,
  }) => {
    const { two, written, untilWritten } = await candidates({ client, kubeconfigPath, timing, onTestFinished });
    const { first, second } = await two(1);
    first.signal('SIGUSR2');
    const stopped = sleep(STOPPED_MS);
    await second.says(says('leading'));
    await untilWritten('second-1');
    const before = (await written())['first-1'];
    await stopped;
    first.signal('SIGCONT');
    await first.says(says('leadership lost'));
    second.signal('SIGTERM');
    await untilWritten('first-2');
    expect((await written())['first-1']).toBe(before);
  });

  test('nor does it when nobody took over: it campaigns before it writes', { timeout: 120_000 }, async ({ onTestFinished }) => {
    const { start, written, untilWritten } = await candidates({ client, kubeconfigPath, timing, onTestFinished });
    const first = start('first');
    await untilWritten('first-1');
    first.signal('SIGUSR2');
    const stopped = sleep(STOPPED_MS);
    // What was on its way when it stopped arrives.
    await sleep(1_000);
    const before = (await written())['first-1'];
    await stopped;
    first.signal('SIGCONT');
    await untilWritten('first-2');
    expect((await written())['first-1']).toBe(before);
  });

  test('two minutes without the API make nobody dead for an observer that goes on looking', { timeout: 240_000 }, async ({
    onTestFinished,
  }) => {
    const proxy = await kubeProxy(plane.rest);
    const { leases, transport } = kubeClient(proxy.kubeconfig);
    const stop = new AbortController();
    const names = ['seen-1', 'seen-2', 'seen-3'];
    const options = { leases, namespace, clock, log: silentLog };
    const beats = names.map((worker) => heartbeat({ ...options, worker, capacity: () => ({ slots: 4, waiting: 0 }) }));
    const fates: string[] = [];
    const leadership = tenure(clock, 10 * AWAY_MS, clock.monotonic());
    const observer = roster({ ...options, leadership, onChange: () => fates.push(names.map(observer.fate).join(' ')) });
    const running = [observer.run(stop.signal), ...beats.map(({ run }) => run(stop.signal))];
    onTestFinished(async () => {
      stop.abort();
      leadership.end('over');
      await Promise.all(running);
      await transport.close();
      await proxy.close();
    });
    await Promise.all(beats.map(({ started }) => started));
    // A look at all of them, and the clocks of the observer run.
    await eventually(
      () => observer.alive().map(({ name }) => name),
      (alive) => names.every((name) => alive.includes(name)),
    );

    proxy.inject({ do: 'away', ms: AWAY_MS });
    const away = sleep(AWAY_MS);
    await eventually(
      () => beats.map(({ canSend }) => canSend()),
      (all) => all.every((can) => !can),
    );
    await away;
    await renewed(names, 3);
    expect(beats.map(({ canSend }) => canSend())).toEqual([true, true, true]);
    expect(fates.filter((each) => /died|left/.test(each))).toEqual([]);
    expect(observer.alive().map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });

  test('two minutes without the API cost an operator of two replicas time, and no worker, no retry and no span', {
    timeout: 300_000,
  }, async ({ onTestFinished }) => {
    const proxy = await kubeProxy(plane.rest);
    const path = join(folder, 'by-proxy');
    await writeFile(path, proxy.kubeconfig, { mode: 0o600 });
    const [s3, collector] = [await startS3Server(), await startCollector()];
    const flags = ['--namespace', namespace, '--collector-endpoint', collector.url, '--allow-loopback'];
    const replicas: Replica[] = [];
    onTestFinished(async () => {
      for (const replica of replicas) await replica.kill();
      await Promise.all([proxy.close(), s3.close(), collector.close()]);
    });
    for (const name of ['left', 'right']) {
      const replica = await startReplica([...flags, '--name', name], { KUBECONFIG: path });
      replicas.push(replica);
      await said(replica, 'may send');
    }
    const held = Promise.withResolvers<void>();
    collector.always(faults.slow(held.promise));
    const { accessKeyId, secretAccessKey } = s3.identities.addUser('reader').credential;
    s3.createBucket('acme-traces');
    const [inHand, meanwhile] = [agentFile(), agentFile()];
    s3.put('acme-traces', 'agents/in-hand.json', inHand.text);
    await client.secrets.create({ metadata: { namespace, name: 's3-keys' }, data: base64({ accessKeyId, secretAccessKey }) });
    await client.sources.create(sourceOf(s3));
    const records = async () => (await client.files.list({ namespace }).next()).value?.items ?? [];
    await eventually(records, ([record]) => record?.status.state === 'Processing');

    proxy.inject({ do: 'away', ms: AWAY_MS });
    const away = sleep(AWAY_MS);
    for (const replica of replicas) await said(replica, 'may not send any more');
    s3.put('acme-traces', 'agents/meanwhile.json', meanwhile.text);
    held.resolve();
    await away;
    const done = await eventually(
      () => client.sources.get({ namespace, name: 'agents' }),
      ({ status }) => status.files?.completed === 2,
      120_000,
    );

    const workers = replicas.map(({ log }) => String(log.find(({ message }) => message === 'may send')?.worker));
    await renewed(workers, 3);
    expect((await workerLeases()).map(holderOf)).toEqual(expect.arrayContaining(workers));
    for (const { log, process } of replicas) {
      expect(process.exitCode).toBeNull();
      expect(log.filter(({ message }) => message === 'worker declared dead' || message === 'part broke')).toEqual([]);
    }
    expect(done.status.totals).toMatchObject({ files: 2, spans: inHand.ids.length + meanwhile.ids.length, retries: 0 });
    expect((await records()).map(({ status }) => [status.state, status.retries, status.workersLost])).toEqual(
      (await records()).map(() => ['Completed', 0, undefined]),
    );
    expect([...inHand.ids, ...meanwhile.ids].filter((id) => !collector.taken.has(id))).toEqual([]);
  });
});

const said = (replica: Replica, wanted: string): Promise<unknown> =>
  eventually(
    () => replica.log,
    (lines) => lines.some(({ message }) => message === wanted),
    60_000,
  );

const base64 = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

const sourceOf = ({ region, endpoint }: { readonly region: string; readonly endpoint: string }) => ({
  metadata: { namespace, name: 'agents' },
  spec: {
    store: {
      s3: {
        bucket: 'acme-traces',
        prefix: 'agents/',
        region,
        endpoint,
        forcePathStyle: true,
        auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } },
      },
    },
    scan: { interval: '10s' },
  } as Source['spec'],
});
