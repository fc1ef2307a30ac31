import { spawnSync } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { cache } from '../src/kube/cache.ts';
import type { Draft } from '../src/kube/meta.ts';
import type { File } from '../src/kube/ownkinds.ts';
import { sleep } from '../src/std/sleep.ts';
import { type ControlPlane, controlPlane } from '../test/support/controlplane.ts';
import { kubeClient } from '../test/support/kube-client.ts';

/**
 * What the Kubernetes room costs, against a real API server (KUBEBUILDER_ASSETS). Creation is compared with a bare undici
 * loop in the same run, since the clock of a shared machine proves nothing. `--idle SECONDS` also watches a quiet cluster.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    idle: { type: 'string', default: '0' },
    // The child that measures a first sync from a fresh heap.
    sync: { type: 'string' },
    kubeconfig: { type: 'string', default: '' },
  },
});

const SMALL = 2_000;
const RECORDS = 5_000;
const OBJECTS = 20_000;
const PARALLEL = 32;
const MIB = 2 ** 20;
const namespace = 'default';

type Figures = Readonly<Record<string, number>>;

if (values.sync) {
  console.log(JSON.stringify(await measureSync(values.kubeconfig, values.sync === 'pages' ? 'pages' : 'stream')));
} else {
  await main();
}

async function main(): Promise<void> {
  const plane = await controlPlane({ crds: ['crds'] });
  try {
    const small = await measureSmall(plane);
    const creation = await measureCreation(plane);
    await create(OBJECTS - 2 * RECORDS, oursOf(plane, 'filler'));
    const sync = { ...inChild(plane, 'stream'), ...inChild(plane, 'pages') };
    const idle = await measureIdle(plane, Number(values.idle));
    const figures = { ...small, ...creation, ...sync, ...idle };
    report(figures, { creation: round((creation['creates per second'] ?? 0) / (creation['bare creates per second'] ?? 1)) });
  } finally {
    await plane.stop();
  }
}

/** 2,000 gets, one after the other. */
async function measureSmall(plane: ControlPlane): Promise<Figures> {
  const { leases, transport } = kubeClient(plane.kubeconfig);
  await leases.create({ metadata: { namespace, name: 'worker' }, spec: { holderIdentity: 'worker', leaseDurationSeconds: 15 } });
  let connections = 0;
  subscribe('undici:client:connected', () => {
    connections += 1;
  });
  const warm = 200;
  for (let i = 0; i < warm; i++) await leases.get({ namespace, name: 'worker' });
  const before = process.cpuUsage();
  for (let i = 0; i < SMALL; i++) await leases.get({ namespace, name: 'worker' });
  const cpu = cpuMs(before);
  await transport.close();
  return { 'connections for 2,000 gets': connections, 'CPU ms per get': round(cpu / SMALL) };
}

/** The same records, ours and bare in turns, so that both meet the same growing etcd. */
async function measureCreation(plane: ControlPlane): Promise<Figures> {
  const rounds = 4;
  const took = { ours: 0, bare: 0 };
  const cpu = { ours: 0, bare: 0 };
  for (let round = 0; round < rounds; round++) {
    const pair = [
      { who: 'bare', one: bareOf(plane, `bare-${round}`) },
      { who: 'ours', one: oursOf(plane, `ours-${round}`) },
    ] as const;
    for (const { who, one } of round % 2 ? pair : [...pair].reverse()) {
      const [started, before] = [performance.now(), process.cpuUsage()];
      await create(RECORDS / rounds, one);
      took[who] += performance.now() - started;
      cpu[who] += cpuMs(before);
    }
  }
  return {
    'creates per second': Math.round(RECORDS / (took.ours / 1_000)),
    'bare creates per second': Math.round(RECORDS / (took.bare / 1_000)),
    'CPU ms per create': round(cpu.ours / RECORDS),
    'bare CPU ms per create': round(cpu.bare / RECORDS),
  };
}

type Maker = { readonly one: (number: number) => Promise<unknown>; readonly close: () => Promise<void> };

async function create(count: number, { one, close }: Maker): Promise<void> {
  let next = 0;
  const loop = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: PARALLEL }, loop));
  await close();
}

function oursOf(plane: ControlPlane, prefix: string): Maker {
  const { files, transport } = kubeClient(plane.kubeconfig);
  return { one: (number) => files.create(record(`${prefix}-${number}`)), close: transport.close };
}

/** The least that a program can do: a pool, a request, a parsed answer. */
function bareOf({ rest }: ControlPlane, prefix: string): Maker {
  const pool = new Pool(rest.server, {
    connections: PARALLEL,
    pipelining: 1,
    allowH2: false,
    connect: { ca: rest.caPem, cert: rest.certPem, key: rest.keyPem },
  });
  const path = `/apis/spanferry.io/v1alpha1/namespaces/${namespace}/ingestionfiles`;
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const one = async (number: number) => {
    const body = JSON.stringify({ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionFile', ...record(`${prefix}-${number}`) });
    const answer = await pool.request({ method: 'POST', path, headers, body });
    if (answer.statusCode !== 201) throw new Error(`HTTP ${answer.statusCode}`);
    return JSON.parse(await answer.body.text());
  };
  return { one, close: () => pool.close() };
}

/** A process of its own, so that the memory it adds is the cache's and nobody else's. */
function inChild(plane: ControlPlane, initial: 'stream' | 'pages'): Figures {
  const file = fileURLToPath(import.meta.url);
  const child = spawnSync(process.execPath, [file, '--sync', initial, '--kubeconfig', plane.kubeconfig], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(child.stderr);
  const figures = Object.entries<number>(JSON.parse(child.stdout));
  return Object.fromEntries(figures.map(([name, value]) => [`${name}, 20,000 by ${initial}`, value]));
}

async function measureSync(kubeconfig: string, initial: 'stream' | 'pages'): Promise<Figures> {
  const { files, leases, transport } = kubeClient(kubeconfig);
  await leases.get({ namespace, name: 'worker' });
  const stop = new AbortController();
  const copy = cache<File, 'worker'>({ indexes: { worker: ({ spec }) => (spec.worker ? [spec.worker] : []) } });
  const block = longestBlock();
  const [started, before, rss] = [performance.now(), process.cpuUsage(), process.memoryUsage().rss];
  const running = copy.run(files.watch({ initial, signal: stop.signal }));
  await copy.synced;
  const figures = {
    'first sync ms': Math.round(performance.now() - started),
    'CPU ms': Math.round(cpuMs(before)),
    'MiB added at the peak': Math.round((process.resourceUsage().maxRSS * 1_024 - rss) / MIB),
    'longest block, CPU ms': Math.round(block()),
  };
  if (copy.size() !== OBJECTS) throw new Error(`the cache holds ${copy.size()} objects`);
  stop.abort();
  await running;
  await transport.close();
  return figures;
}

/** The most CPU time between two turns of the event loop: a process that was not scheduled has not blocked anything. */
function longestBlock(): () => number {
  let longest = 0;
  let last = process.cpuUsage();
  let timer = setImmediate(function turn() {
    longest = Math.max(longest, cpuMs(last));
    last = process.cpuUsage();
    timer = setImmediate(turn);
  });
  return () => {
    clearImmediate(timer);
    return longest;
  };
}

/** The watches of an operator over a cluster in which nothing happens. */
async function measureIdle(plane: ControlPlane, seconds: number): Promise<Figures> {
  if (!(seconds > 0)) {
    console.error('idle: not measured; --idle 330 watches a quiet cluster for 330 seconds');
    return {};
  }
  let opened = 0;
  const { files, sources, ledgers, transport } = kubeClient(plane.kubeconfig, {
    observe: ({ verb }) => {
      if (verb === 'watch') opened += 1;
    },
  });
  const stop = new AbortController();
  const { signal } = stop;
  const [a, b, c] = [cache<File>(), cache<Awaited<ReturnType<typeof sources.get>>>(), cache<Awaited<ReturnType<typeof ledgers.get>>>()];
  const running = [a.run(files.watch({ signal })), b.run(sources.watch({ signal })), c.run(ledgers.watch({ signal }))];
  await Promise.all([a.synced, b.synced, c.synced]);
  await sleep(2_000);
  const before = process.cpuUsage();
  await sleep(seconds * 1_000);
  const cpu = cpuMs(before);
  stop.abort();
  await Promise.all(running);
  await transport.close();
  return { 'idle CPU %': round(cpu / (seconds * 10)), [`watches opened by 3 caches in ${seconds} s`]: opened };
}

function record(name: string): Draft<File> {
  return {
    metadata: { namespace, name, labels: { 'app.kubernetes.io/managed-by': 'spanferry' } },
    spec: {
      sourceRef: { name: 'checkout-agents' },
      key: `agents/prod/2026/11/20/monocle_trace_checkout_${name}.json`,
      version: '"5f4dcc3b5aa765d61d8327deb882cf99"',
      size: 48_213,
      modifiedTime: '2026-11-20T10:00:00Z',
      worker: 'spanferry-7c9d4b8f6d-x2k4q',
    },
  };
}

function report(figures: Figures, ratios: Figures): void {
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? '',
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
  };
  if (values.json) console.log(JSON.stringify({ name: 'kube', figures, ratios, machine }));
  else console.table({ ...figures, 'creation, ours to bare': ratios.creation });
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
