import { describe, expect, onTestFinished, test } from 'vitest';
import type { Capacity } from '../../../src/kube/capacity.ts';
import { heartbeat, workerName } from '../../../src/kube/heartbeat.ts';
import { holderOf } from '../../../src/kube/lease.ts';
import { roster } from '../../../src/kube/roster.ts';
import { tenure } from '../../../src/kube/tenure.ts';
import { silentLog } from '../../../src/observability/logger.ts';
import { lineTo, memoryLeases, unreachable } from '../../support/memory-leases.ts';
import { settled, virtualClock } from '../../support/virtual-clock.ts';

const namespace = 'spanferry';

/** Workers and a leader that looks at them, around one API server in memory. */
function ship() {
  const leases = memoryLeases();
  const clock = virtualClock();
  const worker = (name: string, capacity: () => Capacity = () => ({ slots: 4, waiting: 0 }), line = leases) => {
    const stop = new AbortController();
    const beat = heartbeat({ leases: line, namespace, worker: name, capacity, clock, log: silentLog });
    const ended = beat.run(stop.signal).then(
      () => 'stopped',
      (thrown) => thrown,
    );
    onTestFinished(() => stop.abort());
    return { ...beat, stop, ended };
  };
  const leader = () => {
    const stop = new AbortController();
    let changes = 0;
    const leadership = tenure(clock, Number.MAX_SAFE_INTEGER, 0);
    const onChange = () => void changes++;
    const seen = roster({ leases, namespace, leadership, clock, log: silentLog, random: () => 0.5, onChange });
    void seen.run(stop.signal);
    onTestFinished(() => {
      stop.abort();
      leadership.end('over');
    });
    return { ...seen, changes: () => changes, leadership };
  };
  return { leases, clock, worker, leader };
}

describe("a worker's sign of life", () => {
  test('says who it is and what it can take, and goes on saying so', async () => {
    const { clock, worker, leader } = ship();
    let slots = 4;
    const beat = worker('w1', () => ({ slots, waiting: 0 }));
    const seen = leader();
    await clock.advance(20_000);
    expect(beat.canSend()).toBe(true);
    expect(seen.alive()).toEqual([{ name: 'w1', slots: 4, waiting: 0 }]);
    const changes = seen.changes();
    await clock.advance(300_000);
    expect(seen.changes()).toBe(changes + 1);
    slots = 2;
    await clock.advance(20_000);
    expect(seen.alive()).toEqual([{ name: 'w1', slots: 2, waiting: 0 }]);
  });

  test('a change of capacity is published within a second, and no more often', async () => {
    const { clock, worker, leases } = ship();
    const beat = worker('w1');
    await clock.advance(3_000);
    const before = leases.writes.length;
    for (let n = 0; n < 100; n++) beat.publish();
    await clock.advance(0);
    expect(leases.writes.length).toBe(before + 1);
    for (let n = 0; n < 100; n++) beat.publish();
    await clock.advance(999);
    expect(leases.writes.length).toBe(before + 1);
    await clock.advance(1);
    expect(leases.writes.length).toBe(before + 2);
  });

  test('a worker that cannot renew stops sending before its files may go to others', async () => {
    const { clock, worker, leases, leader } = ship();
    const beat = worker('w1');
    const seen = leader();
    await clock.advance(60_000);
    const cutAt = clock.monotonic();
    leases.before((verb) => (verb === 'update' ? unreachable() : undefined));
    let stoppedAt = 0;
    beat.tenure()?.signal.addEventListener('abort', () => {
      stoppedAt = clock.monotonic();
    });
    await clock.advance(25_000);
    expect(beat.canSend()).toBe(false);
    expect(stoppedAt - cutAt).toBeLessThanOrEqual(20_000);
    expect(seen.fate('w1')).toBe('working');
    leases.before(undefined);
    await clock.advance(5_000);
    expect(beat.canSend()).toBe(true);
  });

  test('two minutes without the API make nobody dead, and work goes on afterwards', async () => {
    const { clock, worker, leases, leader } = ship();
    const workers = ['w1', 'w2', 'w3'].map((name) => worker(name));
    const seen = leader();
    await clock.advance(60_000);
    leases.before(unreachable);
    await clock.advance(120_000);
    expect(workers.map(({ canSend }) => canSend())).toEqual([false, false, false]);
    expect(['w1', 'w2', 'w3'].map(seen.fate)).toEqual(['working', 'working', 'working']);
    leases.before(undefined);
    await clock.advance(60_000);
    expect(workers.map(({ canSend }) => canSend())).toEqual([true, true, true]);
    expect(seen.alive()).toHaveLength(3);
    expect(leases.writes.filter((write) => write.endsWith('evicted'))).toEqual([]);
  });

  /** A leader has seen a worker for a minute when the worker loses its line. */
  const cutOff = async () => {
    const { clock, worker, leases, leader } = ship();
    const line = lineTo(leases);
    const beat = worker('w1', undefined, line.client);
    const seen = leader();
    await clock.advance(60_000);
    line.cut(true);
    return { clock, leases, line, beat, seen };
  };

  test('a worker that is cut off is evicted: its Lease is taken from it, so that it finds out when it is back', async () => {
    const { clock, leases, line, beat, seen } = await cutOff();
    await clock.advance(29_000);
    expect(beat.canSend()).toBe(false);
    expect(seen.fate('w1')).toBe('working');
    await clock.advance(16_000);
    expect(seen.fate('w1')).toBe('died');
    expect(leases.writes.at(-1)).toBe('update w1 by evicted');
    line.cut(false);
    await clock.advance(5_000);
    expect(await beat.ended).toMatchObject({ failure: { reason: 'LeaseLost' } });
    expect(beat.canSend()).toBe(false);
  });

  test('a worker that renews in the very moment of its eviction wins', async () => {
    const { clock, leases, line, beat, seen } = await cutOff();
    leases.before((verb) => {
      if (verb !== 'update') return;
      leases.before(undefined);
      const current = leases.current('w1')!;
      return leases.update({ ...current, spec: { ...current.spec, renewTime: 'now' } }).then(() => {});
    });
    await clock.advance(60_000 - 25_000);
    line.cut(false);
    await clock.advance(30_000);
    expect(seen.fate('w1')).toBe('working');
    expect(beat.canSend()).toBe(true);
  });

  test('killed, it is gone 30 to 45 s later; its Lease is swept away', async () => {
    const { clock, leases, leader } = ship();
    const seen = leader();
    await leases.create({
      metadata: { namespace, name: 'killed' },
      spec: { holderIdentity: 'killed', renewTime: '2026-11-20T11:59:00.000000Z' },
    });
    await clock.advance(29_000);
    expect(seen.fate('killed')).toBe('working');
    await clock.advance(16_000);
    expect(seen.fate('killed')).toBe('died');
    expect(holderOf(leases.current('killed')!)).toBe('evicted');
    await clock.advance(620_000);
    expect(leases.current('killed')).toBeUndefined();
    expect(seen.fate('killed')).toBe('died');
  });

  test('a worker that left is told as gone also where the Lease of another one cannot be taken in the same look', async () => {
    const { clock, worker, leases, leader } = ship();
    const beat = worker('w1');
    const seen = leader();
    await leases.create({ metadata: { namespace, name: 'killed' }, spec: { holderIdentity: 'killed' } });
    await clock.advance(31_000);
    beat.stop.abort();
    await beat.ended;
    const changes = seen.changes();
    leases.before((verb) => (verb === 'update' ? unreachable() : undefined));
    await clock.advance(10_000);
    expect(seen.fate('killed')).toBe('working');
    expect(seen.fate('w1')).toBe('left');
    expect(seen.changes()).toBeGreaterThan(changes);
  });

  test('whoever lost the leadership evicts nobody', async () => {
    const { clock, leases, leader } = ship();
    const seen = leader();
    await leases.create({ metadata: { namespace, name: 'killed' }, spec: { holderIdentity: 'killed' } });
    await clock.advance(5_000);
    seen.leadership.end('lost');
    await clock.advance(120_000);
    expect(seen.fate('killed')).toBe('working');
    expect(leases.writes).toEqual(['create killed by killed']);
  });

  test('on shutdown it is gone at once', async () => {
    const { clock, worker, leader, leases } = ship();
    const beat = worker('w1');
    const seen = leader();
    await clock.advance(20_000);
    beat.stop.abort();
    expect(await beat.ended).toBe('stopped');
    expect(beat.canSend()).toBe(false);
    expect(holderOf(leases.current('w1')!)).toBe('');
    await clock.advance(6_000);
    expect(seen.fate('w1')).toBe('left');
  });

  test.each([
    ['renewal', 20_000],
    ['sign of life', 0],
  ])('on shutdown it is gone at once although its last %s came and nobody heard the answer', async (_what, after) => {
    const { clock, worker, leases } = ship();
    if (after === 0) leases.loseNextAnswer();
    const beat = worker('w1');
    await clock.advance(after);
    if (after > 0) leases.loseNextAnswer();
    const before = after === 0 ? 0 : leases.writes.length;
    while (leases.writes.length === before) await clock.advance(100);
    beat.stop.abort();
    expect(await beat.ended).toBe('stopped');
    expect(holderOf(leases.current('w1')!)).toBe('');
  });

  test('a process that was stopped for a minute may not send when it goes on, until it has renewed', async () => {
    const { clock, worker } = ship();
    const beat = worker('w1');
    await clock.advance(5_000);
    const before = beat.tenure();
    clock.freeze(60_000);
    expect(beat.canSend()).toBe(false);
    await clock.advance(0);
    await settled();
    expect(before?.signal.aborted).toBe(true);
    expect(beat.tenure()).toBeDefined();
    expect(beat.tenure()).not.toBe(before);
  });

  test('one that was stopped in the middle of a renewal renews soon again: the right that this one gave was over when it came', async () => {
    const { clock, worker, leases } = ship();
    const beat = worker('w1');
    await clock.advance(5_000);
    leases.before((verb) => {
      if (verb !== 'update') return;
      leases.before(undefined);
      clock.freeze(60_000);
    });
    await clock.advance(5_000);
    expect(beat.canSend()).toBe(false);
    await clock.advance(2_000);
    expect(beat.canSend()).toBe(true);
  });

  test('a Lease deleted by hand is created anew', async () => {
    const { clock, worker, leases } = ship();
    const beat = worker('w1');
    await clock.advance(5_000);
    await leases.delete({ namespace, name: 'w1' });
    await clock.advance(15_000);
    expect(holderOf(leases.current('w1')!)).toBe('w1');
    expect(beat.canSend()).toBe(true);
  });

  test('a renewal whose answer is lost does no harm', async () => {
    const { clock, worker, leases } = ship();
    leases.loseNextAnswer();
    const beat = worker('w1');
    await clock.advance(5_000);
    expect(beat.canSend()).toBe(true);
    leases.loseNextAnswer();
    await clock.advance(60_000);
    expect(beat.canSend()).toBe(true);
  });
});

describe('the name of a worker', () => {
  const names: readonly [host: string, expected: RegExp][] = [
    ['spanferry-7d9f-x2x4p', /^spanferry-7d9f-x2x4p-[a-z0-9]{6}$/],
    ['MacBook.local', /^macbook-local-[a-z0-9]{6}$/],
    ['', /^worker-[a-z0-9]{6}$/],
    ['x'.repeat(300), /^x{50}-[a-z0-9]{6}$/],
  ];
  test.each(names)('on %j fits a Lease and a field of a record', (host, expected) => {
    expect(workerName(host)).toMatch(expected);
  });

  test('differs at every start', () => {
    expect(workerName('pod')).not.toBe(workerName('pod'));
  });
});
