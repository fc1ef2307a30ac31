import { describe, expect, onTestFinished, test } from 'vitest';
import { followShare, type WriteShare, writeShare } from '../../../src/kube/budget.ts';
import { runElection } from '../../../src/kube/election.ts';
import type { LeaseClient } from '../../../src/kube/lease.ts';
import { rateLimit } from '../../../src/kube/limit.ts';
import { silentLog } from '../../../src/observability/logger.ts';
import { metrics } from '../../../src/observability/metrics.ts';
import { busiest } from '../../support/busiest.ts';
import { lineTo, memoryLeases } from '../../support/memory-leases.ts';
import { type VirtualClock, virtualClock } from '../../support/virtual-clock.ts';

const BUDGET = 100;
const lease = { namespace: 'spanferry', name: 'spanferry-leader' };

describe('the share of one process', () => {
  const leading = (share: WriteShare, workers: number) => {
    share.lead(() => workers);
    return share.perSecond();
  };

  test.each<[what: string, perSecond: number, expected: number]>([
    ['alone it has the whole budget', leading(writeShare(BUDGET, true), 1), 100],
    ['the leader among four workers has what three leave', leading(writeShare(BUDGET, true), 4), 64],
    ['a leader that is no worker has what they leave', leading(writeShare(BUDGET, false), 4), 52],
    ['a worker that has heard of no leader is careful', writeShare(BUDGET, true).perSecond(), 5],
    ['a leader that has not looked yet goes on with what it heard as a worker', leading(writeShare(BUDGET, true), 0), 55],
  ])('%s', (_what, perSecond, expected) => expect(perSecond).toBeCloseTo(expected));

  test.each(['0', '-3', '2.5', 'many', '1000000000', undefined])('a Lease that says %s changes nothing', (said) => {
    const share = writeShare(BUDGET, true);
    const annotations = said === undefined ? {} : { 'spanferry.io/workers': said };
    share.hear({ metadata: { ...lease, uid: 'u', resourceVersion: '1', annotations } });
    expect(share.perSecond()).toBe(5);
  });
});

/** A process that writes as much as it may, leads if it can, and knows of others only what the Lease of the leader says. */
function replica(identity: string, clock: VirtualClock, leases: LeaseClient, workers: () => number) {
  const share = writeShare(BUDGET, true);
  const budget = rateLimit(clock, share.perSecond);
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const writes: number[] = [];
  const write = async () => {
    while (!stop.signal.aborted) {
      const answered = await budget.take(stop.signal);
      writes.push(clock.monotonic());
      answered();
    }
  };
  const parts = { leases, lease, clock, log: silentLog, random: () => 0.5 };
  const election = runElection(
    { ...parts, identity, annotations: share.annotations, metrics: metrics() },
    async (leadership, stopping) => {
      const resign = share.lead(workers);
      await new Promise((resolve) => AbortSignal.any([leadership.signal, stopping]).addEventListener('abort', resolve));
      resign();
    },
    stop.signal,
  );
  for (const each of [write(), followShare({ ...parts, share }, stop.signal), election]) each.catch(() => {});
  return { share, stop, writes };
}

describe('processes that share a budget', () => {
  test('write as much as it allows together, whoever comes, leads or goes', async () => {
    const clock = virtualClock();
    const leases = memoryLeases();
    const team: ReturnType<typeof replica>[] = [];
    const join = (identity: string) => team.push(replica(identity, clock, leases, () => team.length));
    /** Once all have heard how many they are. */
    const expectWholeMinute = async () => {
      await clock.advance(30_000);
      const from = clock.monotonic();
      await clock.advance(60_000);
      const written = team.flatMap(({ writes }) => writes.filter((at) => at >= from));
      expect(written.length).toBeGreaterThan(0.99 * 60 * BUDGET);
      expect(busiest(written)).toBeLessThanOrEqual(BUDGET);
    };

    join('a');
    await expectWholeMinute();
    for (const identity of ['b', 'c', 'd', 'e']) join(identity);
    await expectWholeMinute();
    expect(team.map(({ share }) => share.perSecond())).toEqual([60, 10, 10, 10, 10]);
    team.shift()?.stop.abort();
    await expectWholeMinute();
    expect(team.map(({ share }) => share.perSecond()).sort()).toEqual([12, 12, 12, 64]);
    // The Lease of the leader is renewed as ever, and nothing else is written for the sake of the budget.
    expect(leases.writes.filter((write) => !write.includes(' spanferry-leader '))).toEqual([]);
  });

  test('go on with what they heard last while the API cannot be seen', async () => {
    const clock = virtualClock();
    const leases = memoryLeases();
    replica('a', clock, leases, () => 4);
    await clock.advance(1_000);
    const line = lineTo(leases);
    const b = replica('b', clock, line.client, () => 4);
    await clock.advance(15_000);
    line.cut(true);
    await clock.advance(120_000);
    expect(b.share.perSecond()).toBe(12);
  });
});
