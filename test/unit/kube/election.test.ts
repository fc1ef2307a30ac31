import { describe, expect, onTestFinished, test } from 'vitest';
import { type ElectionTiming, type Lead, runElection } from '../../../src/kube/election.ts';
import { holderOf } from '../../../src/kube/lease.ts';
import type { Tenure } from '../../../src/kube/tenure.ts';
import { silentLog } from '../../../src/observability/logger.ts';
import { metrics } from '../../../src/observability/metrics.ts';
import { lineTo, type MemoryLeases, memoryLeases, unreachable } from '../../support/memory-leases.ts';
import { settled, type VirtualClock, virtualClock } from '../../support/virtual-clock.ts';

const lease = { namespace: 'spanferry', name: 'spanferry-manager' };

const untilEnd: Lead = (leadership, stop) =>
  new Promise((resolve) => AbortSignal.any([leadership.signal, stop]).addEventListener('abort', () => resolve()));

type Replica = {
  readonly reigns: readonly { readonly from: number; readonly to: number | undefined }[];
  readonly leads: () => boolean;
  readonly leadership: () => Tenure | undefined;
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
};

type Setting = { readonly leases: MemoryLeases; readonly clock: VirtualClock; readonly lead?: Lead; readonly timing?: ElectionTiming };

function replica(identity: string, { leases, clock, lead = untilEnd, timing }: Setting): Replica {
  const stop = new AbortController();
  const reigns: { from: number; to: number | undefined }[] = [];
  let latest: Tenure | undefined;
  const observed: Lead = async (leadership, stopping) => {
    const reign = { from: clock.monotonic(), to: undefined as number | undefined };
    reigns.push(reign);
    latest = leadership;
    await lead(leadership, stopping).finally(() => {
      reign.to = clock.monotonic();
    });
  };
  const options = { leases, lease, identity, clock, log: silentLog, metrics: metrics(), random: () => 0.5, ...(timing ? { timing } : {}) };
  const ended = runElection(options, observed, stop.signal).then(
    () => undefined,
    (thrown) => thrown,
  );
  onTestFinished(() => stop.abort());
  return { reigns, leads: () => latest?.stillHeld() ?? false, leadership: () => latest, stop, ended };
}

describe('election', () => {
  test('one of many leads, and stays the leader while it renews', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const replicas = ['a', 'b', 'c'].map((identity) => replica(identity, setting));
    await setting.clock.advance(600_000);
    expect(replicas.map(({ reigns }) => reigns.length).sort()).toEqual([0, 0, 1]);
    expect(setting.leases.current(lease.name)?.spec?.leaseTransitions).toBe(0);
  });

  test('after a shutdown the next one leads within one look, because the Lease is released', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const a = replica('a', setting);
    await setting.clock.advance(100);
    const b = replica('b', setting);
    await setting.clock.advance(30_000);
    a.stop.abort();
    const stoppedAt = setting.clock.monotonic();
    await a.ended;
    expect(holderOf(setting.leases.current(lease.name)!)).toBe('');
    await setting.clock.advance(10_000);
    expect(b.reigns[0]?.from).toBeLessThanOrEqual(stoppedAt + 2_400);
    expect(setting.leases.current(lease.name)?.spec?.leaseTransitions).toBe(1);
  });

  test('the Lease is released although a renewal came that nobody heard the answer of', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const a = replica('a', setting);
    await setting.clock.advance(1_000);
    setting.leases.loseNextAnswer();
    const before = setting.leases.writes.length;
    while (setting.leases.writes.length === before) await setting.clock.advance(100);
    a.stop.abort();
    await a.ended;
    expect(holderOf(setting.leases.current(lease.name)!)).toBe('');
  });

  test('after a crash the next one leads once the Lease has run out, and not before', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const line = lineTo(setting.leases);
    replica('a', { ...setting, leases: line.client });
    await setting.clock.advance(100);
    const b = replica('b', setting);
    await setting.clock.advance(20_000);
    line.cut(true);
    const cutAt = setting.clock.monotonic();
    await setting.clock.advance(60_000);
    expect(b.reigns[0]?.from).toBeGreaterThan(cutAt + 13_000);
    expect(b.reigns[0]?.from).toBeLessThanOrEqual(cutAt + 18_000);
  });

  test('a leader that is cut off ends before another begins', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const line = lineTo(setting.leases);
    const a = replica('a', { ...setting, leases: line.client });
    await setting.clock.advance(100);
    const b = replica('b', setting);
    await setting.clock.advance(20_000);
    line.cut(true);
    await setting.clock.advance(60_000);
    expect(a.reigns[0]?.to).toBeLessThan(b.reigns[0]!.from);
    line.cut(false);
    await setting.clock.advance(10_000);
    expect([a.leads(), b.leads()]).toEqual([false, true]);
    b.stop.abort();
    await setting.clock.advance(10_000);
    expect(a.reigns).toHaveLength(2);
  });

  test('two minutes without the API depose the leader but elect nobody; one leads again afterwards', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const replicas = ['a', 'b', 'c'].map((identity) => replica(identity, setting));
    await setting.clock.advance(30_000);
    setting.leases.before(unreachable);
    await setting.clock.advance(11_000);
    expect(replicas.filter(({ leads }) => leads())).toHaveLength(0);
    await setting.clock.advance(109_000);
    expect(replicas.flatMap(({ reigns }) => reigns)).toHaveLength(1);
    setting.leases.before(undefined);
    await setting.clock.advance(30_000);
    expect(replicas.filter(({ leads }) => leads())).toHaveLength(1);
  });

  test('the clock of another machine says nothing: a renewTime years off changes no judgement', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const a = replica('a', setting);
    await setting.clock.advance(100);
    for (const years of [-30, 60]) {
      setting.clock.jump(years * 365 * 86_400_000);
      const other = replica(`candidate ${years}`, setting);
      await setting.clock.advance(60_000);
      expect(other.reigns).toHaveLength(0);
    }
    expect(a.leads()).toBe(true);
  });

  test('a label put on by hand is not taken for a renewal, and does not depose the leader either', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const line = lineTo(setting.leases);
    const a = replica('a', { ...setting, leases: line.client });
    await setting.clock.advance(100);
    const b = replica('b', setting);
    const label = async (value: string) => {
      const current = setting.leases.current(lease.name)!;
      await setting.leases.update({ ...current, metadata: { ...current.metadata, labels: { touched: value } } });
    };
    for (let n = 0; n < 20; n++) {
      await label(`${n}`);
      await setting.clock.advance(3_000);
    }
    expect(a.reigns).toEqual([{ from: 0, to: undefined }]);
    line.cut(true);
    for (let n = 0; n < 8; n++) {
      await label(`cut ${n}`);
      await setting.clock.advance(3_000);
    }
    expect(b.leads()).toBe(true);
  });

  const takeovers: readonly [sentence: string, change: (leases: MemoryLeases) => Promise<unknown>][] = [
    ['the Lease was deleted', (leases) => leases.delete(lease)],
    [
      'somebody else holds the Lease',
      async (leases) => {
        const current = leases.current(lease.name)!;
        await leases.update({ ...current, spec: { ...current.spec, holderIdentity: 'somebody' } });
      },
    ],
  ];
  test.each(takeovers)('leadership ends with the next renewal when %s', async (_sentence, change) => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const a = replica('a', setting);
    await setting.clock.advance(5_000);
    await change(setting.leases);
    await setting.clock.advance(2_001);
    expect(a.reigns[0]?.to).toBeLessThanOrEqual(7_000);
    await setting.clock.advance(30_000);
    expect(a.leads()).toBe(true);
  });

  test('a renewal whose answer is lost does not cost the leadership', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const a = replica('a', setting);
    await setting.clock.advance(5_000);
    setting.leases.loseNextAnswer();
    await setting.clock.advance(60_000);
    expect(a.reigns).toEqual([{ from: 0, to: undefined }]);
  });

  test('a Lease that was won although the answer was lost is recognised', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    setting.leases.loseNextAnswer();
    const a = replica('a', setting);
    await setting.clock.advance(3_000);
    expect(a.leads()).toBe(true);
  });

  test('a process that was stopped for 30 s may not act when it goes on, and does not renew first', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const a = replica('a', setting);
    await setting.clock.advance(5_000);
    const written = setting.leases.writes.length;
    setting.clock.freeze(30_000);
    expect(a.leadership()?.stillHeld()).toBe(false);
    await setting.clock.advance(0);
    expect(setting.leases.writes.slice(written)).toEqual(['update spanferry-manager by nobody']);
  });

  test('while the leader drains it renews, and it lets go only afterwards', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const drain: Lead = async (_leadership, stop) => {
      await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()));
      await setting.clock.sleep(60_000);
    };
    const a = replica('a', { ...setting, lead: drain });
    await setting.clock.advance(5_000);
    a.stop.abort();
    await setting.clock.advance(59_000);
    expect(a.leads()).toBe(true);
    expect(holderOf(setting.leases.current(lease.name)!)).toBe('a');
    await setting.clock.advance(2_000);
    await a.ended;
    expect(holderOf(setting.leases.current(lease.name)!)).toBe('');
  });

  test('what led but does not stop before others may begin ends the process', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const a = replica('a', { ...setting, lead: () => new Promise(() => {}) });
    await setting.clock.advance(5_000);
    setting.leases.before(unreachable);
    await setting.clock.advance(14_000);
    await settled();
    expect(await a.ended).toMatchObject({ failure: { reason: 'LeaseLost' } });
  });

  test('a leader that fails lets others try', async () => {
    const setting = { leases: memoryLeases(), clock: virtualClock() };
    const a = replica('a', { ...setting, lead: () => Promise.reject(new Error('cannot list')) });
    const b = replica('b', setting);
    await setting.clock.advance(10_000);
    expect(a.reigns.length).toBeGreaterThan(0);
    expect(b.leads()).toBe(true);
  });

  test('timing that could let two lead at once is refused', async () => {
    const setting = {
      leases: memoryLeases(),
      clock: virtualClock(),
      timing: { durationMs: 10_000, renewDeadlineMs: 10_000, retryMs: 2_000 },
    };
    expect(await replica('a', setting).ended).toBeInstanceOf(Error);
  });
});
