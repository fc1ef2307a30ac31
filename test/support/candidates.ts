import { randomBytes } from 'node:crypto';
import type { ElectionTiming } from '../../src/kube/election.ts';
import { sleep } from '../../src/std/sleep.ts';
import type { kubeClient } from './kube-client.ts';
import { type Program, program } from './program.ts';
import type { CandidateOptions } from './programs/candidate.ts';

/** Replicas, each a process, that campaign for one Lease; whoever leads writes on pages as fast as it can. */
export type Candidates = {
  readonly start: (identity: string, pages?: number) => Program;
  /** `first` leads and writes, `second` waits. */
  readonly two: (pagesOfSecond?: number) => Promise<{ readonly first: Program; readonly second: Program }>;
  /** How often each author, a replica in one of its terms, has written on each page: {"first-1": "17 20 16 …"}. */
  readonly written: () => Promise<Readonly<Record<string, string>>>;
  /** Asks until the author has written; the time it took, in milliseconds. */
  readonly untilWritten: (author: string) => Promise<number>;
};

export type CandidatesOptions = {
  readonly client: ReturnType<typeof kubeClient>;
  readonly kubeconfigPath: string;
  readonly timing: ElectionTiming;
  /** Of the test, which ends every one of them. */
  readonly onTestFinished: (end: () => Promise<void>) => void;
};

const namespace = 'default';
const PAGES = 8;
const LIMIT_MS = 20_000;

/** Makes the pages. Their names, and that of the Lease, are this test's own. */
export async function candidates({ client, kubeconfigPath, timing, onTestFinished }: CandidatesOptions): Promise<Candidates> {
  const run = randomBytes(4).toString('hex');
  const pages = Array.from({ length: PAGES }, (_, n) => `page-${run}-${n}`);
  for (const name of pages) await client.configMaps.create({ metadata: { namespace, name, labels: { run } }, data: { nobody: '0' } });

  const start = (identity: string, count = PAGES): Program => {
    const options: CandidateOptions = {
      kubeconfigPath,
      namespace,
      pages: pages.slice(0, count),
      lease: `candidates-${run}`,
      identity,
      timing,
    };
    const started = program('candidate', options);
    onTestFinished(async () => {
      started.signal('SIGKILL');
      await started.ended;
    });
    return started;
  };

  const written = async (): Promise<Readonly<Record<string, string>>> => {
    const counts: Record<string, string> = {};
    for await (const { items } of client.configMaps.list({ namespace, labelSelector: `run=${run}` })) {
      for (const { data = {} } of items)
        for (const [author, count] of Object.entries(data)) counts[author] = `${counts[author] ?? ''} ${count}`;
    }
    return counts;
  };

  const untilWritten = async (author: string): Promise<number> => {
    const since = performance.now();
    while (!(await written())[author]) {
      if (performance.now() - since > LIMIT_MS)
        throw new Error(`${author} wrote nothing within ${LIMIT_MS} ms: ${JSON.stringify(await written())}`);
      await sleep(10);
    }
    return performance.now() - since;
  };

  const two = async (pagesOfSecond = PAGES) => {
    const first = start('first');
    await first.says(says('leading'));
    const second = start('second', pagesOfSecond);
    await second.says(says('campaigning'));
    await untilWritten('first-1');
    // Long enough for the second one to see the Lease and a renewal of it.
    await sleep(2 * timing.retryMs);
    return { first, second };
  };

  return { start, two, written, untilWritten };
}

/** A line of a log with this message. */
export const says = (message: string) => (line: string) => line.includes(`"message":"${message}"`);
