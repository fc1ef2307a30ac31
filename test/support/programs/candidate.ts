/**
 * A replica that campaigns and, while it leads, writes into ConfigMaps as fast as it can. It says what happens on standard
 * output, a line each; SIGTERM ends it in good order, SIGUSR2 stops it between two requests, anything else is what a test does to it.
 */
import { readFileSync } from 'node:fs';
import { Failed } from '../../../src/api/failure.ts';
import { runParts } from '../../../src/control/manager.ts';
import { longRunning, type Part } from '../../../src/control/part.ts';
import { type ElectionTiming, type Lead, runElection } from '../../../src/kube/election.ts';
import type { Tenure } from '../../../src/kube/tenure.ts';
import { logger } from '../../../src/observability/logger.ts';
import { metrics } from '../../../src/observability/metrics.ts';
import { systemClock } from '../../../src/std/clock.ts';
import { kubeClient } from '../kube-client.ts';

export type CandidateOptions = {
  readonly kubeconfigPath: string;
  readonly namespace: string;
  /** ConfigMaps that the leader writes on. */
  readonly pages: readonly string[];
  readonly lease: string;
  readonly identity: string;
  readonly timing: ElectionTiming;
};

const { kubeconfigPath, namespace, pages, lease, identity, timing }: CandidateOptions = JSON.parse(process.argv[2] ?? '{}');
const client = kubeClient(readFileSync(kubeconfigPath, 'utf8'));
const log = logger({ fields: { replica: identity } });
const clock = systemClock;
let term = 0;

/**
 * Writes that no resourceVersion guards, as creations are, in eight chains: whenever the process is stopped, some answers are
 * on their way, and each of them will ask for the next write. Each term counts under a name of its own: "first-1".
 */
async function scribble(leadership: Tenure, stop: AbortSignal): Promise<void> {
  const author = `${identity}-${++term}`;
  const chain = async (name: string): Promise<void> => {
    for (let count = 1; !stop.aborted && leadership.stillHeld(); count++) await write(name, count).catch(() => {});
  };
  const write = async (name: string, count: number): Promise<void> => {
    const step = { op: 'add', path: `/data/${author}`, value: `${count}` } as const;
    await client.configMaps.patch({ namespace, name }, [step], {
      signal: leadership.signal,
      fence: leadership.assertHeld,
    });
  };
  await Promise.all(pages.map(chain));
}

const lead: Lead = async (leadership, stop) => {
  const parts: readonly Part[] = [longRunning('scribble', () => scribble(leadership, AbortSignal.any([stop, leadership.signal])))];
  const { failure } = await runParts(parts, { clock, log, stop, abandon: leadership.signal, drainMs: 1_000 });
  if (failure) throw new Failed(failure);
};

// From outside, SIGSTOP may strike between the last look at the Lease and the first byte: that one request would go out when the process goes on.
process.on('SIGUSR2', () => process.kill(process.pid, 'SIGSTOP'));

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const election = longRunning('election', (stopping) =>
  runElection(
    { leases: client.leases, lease: { namespace, name: lease }, identity, timing, clock, log, metrics: metrics() },
    lead,
    stopping,
  ),
);
const { failure } = await runParts([election], { clock, log, stop: stop.signal, drainMs: 5_000, lastWordsMs: 1_000 });
await client.transport.close();
process.exitCode = failure ? 1 : 0;
