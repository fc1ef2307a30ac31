/**
 * A replica that campaigns and, while it leads, writes into a ConfigMap as fast as it can. It says what happens on standard
 * output, a line each; SIGTERM ends it in good order, anything else is what a test does to it.
 */
import { readFileSync } from 'node:fs';
import { runParts } from '../../../src/control/manager.ts';
import { longRunning, type Part } from '../../../src/control/part.ts';
import { type ElectionTiming, type Lead, runElection } from '../../../src/kube/election.ts';
import type { ConfigMap } from '../../../src/kube/kinds.ts';
import type { Tenure } from '../../../src/kube/tenure.ts';
import { logger } from '../../../src/observability/logger.ts';
import { metrics } from '../../../src/observability/metrics.ts';
import { systemClock } from '../../../src/std/clock.ts';
import { kubeClient } from '../kube-client.ts';

export type CandidateOptions = {
  readonly kubeconfigPath: string;
  readonly namespace: string;
  /** Keeps the objects of one test apart from those of others. */
  readonly run: string;
  readonly identity: string;
  readonly timing: ElectionTiming;
};

const { kubeconfigPath, namespace, run, identity, timing }: CandidateOptions = JSON.parse(process.argv[2] ?? '{}');
const client = kubeClient(readFileSync(kubeconfigPath, 'utf8'));
const log = logger({ fields: { replica: identity } });
const clock = systemClock;
let term = 0;

/** Reads and writes in turn, so that there is always something under way when the process is stopped. */
async function scribble(leadership: Tenure, stop: AbortSignal): Promise<void> {
  const page = { namespace, name: `page-${run}` };
  term++;
  const write = async (): Promise<void> => {
    const before: ConfigMap = await client.configMaps.get(page, { signal: leadership.signal });
    leadership.assertHeld();
    await client.configMaps.update({ ...before, data: { writer: `${identity} in term ${term}` } }, { signal: leadership.signal });
  };
  while (!stop.aborted && leadership.stillHeld()) await write().catch(() => {});
}

const lead: Lead = async (leadership, stop) => {
  const parts: readonly Part[] = [longRunning('scribble', () => scribble(leadership, AbortSignal.any([stop, leadership.signal])))];
  await runParts(parts, { clock, log, stop, abandon: leadership.signal, drainMs: 1_000 });
};

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const election = longRunning('election', (stopping) =>
  runElection(
    { leases: client.leases, lease: { namespace, name: `candidates-${run}` }, identity, timing, clock, log, metrics: metrics() },
    lead,
    stopping,
  ),
);
const { failure } = await runParts([election], { clock, log, stop: stop.signal, drainMs: 5_000 });
await client.transport.close();
process.exitCode = failure ? 1 : 0;
