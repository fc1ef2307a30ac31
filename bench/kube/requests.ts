import { subscribe } from 'node:diagnostics_channel';
import { Pool } from 'undici';
import type { ControlPlane } from '../../test/support/controlplane.ts';
import { recordNamed } from '../../test/support/etcd-records.ts';
import { kubeClient } from '../../test/support/kube-client.ts';

const PARALLEL = 32;
const namespace = 'default';

/** Gets, one after the other. */
export async function smallRequests(plane: ControlPlane, count: number): Promise<{ connections: number; cpuMs: number }> {
  const { leases, transport } = kubeClient(plane.kubeconfig);
  await leases.create({ metadata: { namespace, name: 'worker' }, spec: { holderIdentity: 'worker', leaseDurationSeconds: 15 } });
  let connections = 0;
  subscribe('undici:client:connected', () => {
    connections += 1;
  });
  const get = () => leases.get({ namespace, name: 'worker' });
  for (let warm = 0; warm < 200; warm++) await get();
  const before = process.cpuUsage();
  for (let n = 0; n < count; n++) await get();
  const cpuMs = cpuSince(before) / count;
  await transport.close();
  return { connections, cpuMs };
}

type Made = { readonly perSecond: number; readonly cpuMs: number };

/** The same records, ours and bare in turns, so that both meet the same growing etcd. */
export async function creation(plane: ControlPlane, count: number): Promise<{ ours: Made; bare: Made }> {
  const rounds = 4;
  const took = { ours: 0, bare: 0 };
  const cpu = { ours: 0, bare: 0 };
  for (let round = 0; round < rounds; round++) {
    const pair = [
      { who: 'bare', maker: bareOf(plane, `bare-${round}`) },
      { who: 'ours', maker: oursOf(plane, `ours-${round}`) },
    ] as const;
    for (const { who, maker } of round % 2 ? pair : pair.toReversed()) {
      const [started, before] = [performance.now(), process.cpuUsage()];
      await create(count / rounds, maker);
      took[who] += performance.now() - started;
      cpu[who] += cpuSince(before);
    }
  }
  const made = (who: 'ours' | 'bare'): Made => ({ perSecond: count / (took[who] / 1_000), cpuMs: cpu[who] / count });
  return { ours: made('ours'), bare: made('bare') };
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
  return { one: (number) => files.create(recordNamed(namespace, `${prefix}-${number}`)), close: transport.close };
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
    const record = recordNamed(namespace, `${prefix}-${number}`);
    const body = JSON.stringify({ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionFile', ...record });
    const answer = await pool.request({ method: 'POST', path, headers, body });
    if (answer.statusCode !== 201) throw new Error(`HTTP ${answer.statusCode}`);
    return JSON.parse(await answer.body.text());
  };
  return { one, close: () => pool.close() };
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
