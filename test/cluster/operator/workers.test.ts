import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fault, faults } from '../../support/collector-stub.ts';
import { eventually } from '../../support/eventually.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
/** What goes wrong at the path that a source has to itself. */
const trouble = new Map<string, Fault>();
beforeAll(async () => {
  scene = await stage();
  scene.collector.always((asked) => trouble.get(asked.path)?.(asked));
});
afterAll(() => scene.close());

const pathOf = (source: string) => `/${source}/v1/traces`;
const destination = (source: string) => ({ destination: { endpoint: `${scene.collector.url}/${source}` } });
const put = (source: string, count: number) =>
  Array.from({ length: count }, (_, n) => {
    const { text, ids } = agentFile(1);
    scene.put(`${source}/${n}.json`, text);
    return ids[0] ?? '';
  });

test('retry-failed reaches every failed file, although the leader dies when the ledger has forgiven and only some have begun', {
  timeout: 120_000,
}, async () => {
  const leader = await scene.start(['--role', 'manager']);
  // Two slots: the other files have to wait for their turn.
  const worker = await scene.start(['--role', 'worker', '--concurrency', '1']);
  const { promise: over, resolve } = Promise.withResolvers<void>();
  trouble.set(pathOf('retried'), faults.slow(over));
  const files = Array.from({ length: 7 }, (_, n) => ({ key: `retried/${n}.json`, ...agentFile(1) }));
  for (const { key, text } of files) scene.s3.put(scene.bucket, key, text, { storageClass: 'DEEP_ARCHIVE' });
  await scene.source('retried', { ...destination('retried'), history: { failed: 6 } });
  await scene.settled('retried', { failed: 7 });
  await eventually(
    () => scene.files('retried'),
    (records) => records.length === 6,
  );
  for (const { key, text } of files) scene.put(key, text);

  await scene.ask('ingestionsources', 'retried', 'retryFailed', 'restored');
  await eventually(
    async () => ({ ledgers: await scene.ledgers('retried'), records: await scene.files('retried') }),
    ({ ledgers: [head], records }) => head?.spec.head?.failed === 0 && records.some(({ status }) => status.state === 'Processing'),
  );
  await leader.kill();
  const left = (await scene.files('retried')).filter(({ status }) => status.state === 'Failed');
  expect(left.length, 'some have not begun').toBeGreaterThan(0);
  expect((await scene.get('retried')).status.handled?.retryFailed).toBeUndefined();

  const next = await scene.start(['--role', 'manager']);
  resolve();
  await eventually(
    () => files.filter(({ ids: [id = ''] }) => !scene.collector.taken.has(id)),
    (missing) => missing.length === 0,
    60_000,
  );
  const { status } = await scene.settled('retried', { completed: 7 });
  expect(status.handled?.retryFailed).toBe('restored');
  expect(status.totals).toMatchObject({ files: 7, spans: 7, retries: 0 });
  expect(files.map(({ ids: [id = ''] }) => scene.collector.taken.get(id))).toEqual(files.map(() => 1));
  await Promise.all([worker.stop(), next.stop()]);
});

describe('row 42: manager and worker', () => {
  test('are two roles that can be two processes; without a worker files wait, and none gets a record', async () => {
    const manager = await scene.start(['--role', 'manager']);
    const ids = put('split', 3);
    await scene.source('split');
    await eventually(
      () => scene.get('split'),
      ({ status }) => status.files?.backlog === 3,
    );
    expect(await scene.files('split')).toEqual([]);
    const worker = await scene.start(['--role', 'worker']);
    await scene.delivered(ids);
    await scene.settled('split', { completed: 3 });
    for (const { url } of [manager, worker]) {
      for (const path of ['/healthz', '/readyz']) expect((await fetch(`${url}${path}`)).status, path).toBe(200);
    }
    expect(await worker.stop()).toBe(0);
    expect(await manager.stop()).toBe(0);
  });

  test('a worker that is asked to stop finishes what it has in hand, and exits with 0', async () => {
    const manager = await scene.start(['--role', 'manager']);
    const worker = await scene.start(['--role', 'worker']);
    const { promise, resolve } = Promise.withResolvers<void>();
    trouble.set(pathOf('drained'), faults.slow(promise));
    const ids = put('drained', 2);
    await scene.source('drained', destination('drained'));
    await scene.recorded('drained/0.json', { state: 'Processing' });
    const stopped = worker.stop();
    await eventually(
      () => worker.log,
      (lines) => lines.some(({ message }) => message === 'signal'),
    );
    resolve();
    expect(await stopped).toBe(0);
    expect((await scene.files('drained')).map(({ status }) => status.state)).toEqual(['Completed', 'Completed']);
    expect(ids.map((id) => scene.collector.taken.get(id))).toEqual([1, 1]);
    await manager.stop();
  });

  test('what it cannot finish in time goes to another worker, and costs no retry', async () => {
    const manager = await scene.start(['--role', 'manager']);
    const worker = await scene.start(['--role', 'worker', '--drain', '1s']);
    const { promise, resolve } = Promise.withResolvers<void>();
    trouble.set(pathOf('handed'), faults.slow(promise));
    const ids = put('handed', 2);
    await scene.source('handed', destination('handed'));
    await scene.recorded('handed/0.json', { state: 'Processing' });
    await worker.stop();
    trouble.delete(pathOf('handed'));
    resolve();
    await scene.start(['--role', 'worker']);
    await scene.delivered(ids);
    const { status } = await scene.settled('handed', { completed: 2 });
    expect(status.totals).toMatchObject({ retries: 0, spans: 2 });
    expect((await scene.files('handed')).map((file) => file.status.workersLost)).toEqual([undefined, undefined]);
    await manager.stop();
  });
});

describe('a checkpoint', () => {
  test('is left on the record by a worker that stops, and the next one goes on from there', async () => {
    // Workers of the tests before cut larger batches.
    await scene.stopAll();
    const limits = ['--max-batch-bytes', '65536'];
    const manager = await scene.start(['--role', 'manager']);
    const worker = await scene.start(['--role', 'worker', '--drain', '1s', ...limits]);
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = faults.slow(promise);
    let asked = 0;
    trouble.set(pathOf('carried'), (request) => (++asked <= 2 ? undefined : slow(request)));
    const { text, ids } = agentFile(2_000);
    scene.put('carried/a.json', text);
    await scene.source('carried', destination('carried'));
    await eventually(
      () => asked,
      (seen) => seen > 2,
    );
    await worker.stop();
    const acknowledged = [...scene.collector.taken.keys()].filter((id) => ids.includes(id));
    const { status } = await scene.recorded('carried/a.json', { state: 'Pending' });
    expect(status.checkpoint).toMatchObject({ batches: 2, spans: acknowledged.length, rejectedSpans: 0 });
    trouble.delete(pathOf('carried'));
    resolve();
    await scene.start(['--role', 'worker', ...limits]);
    await scene.delivered(ids);
    const done = await scene.recorded('carried/a.json', { state: 'Completed', retries: 0 });
    expect(done.status).toMatchObject({ spans: 2_000, rejectedSpans: 0 });
    expect(new Set(acknowledged.map((id) => scene.collector.taken.get(id)))).toEqual(new Set([1]));
    await manager.stop();
  });
});

describe('guarantee 9: kill any process at any moment', () => {
  test('the leader dies with files in its hands: another replica leads, and ferries them', { timeout: 120_000 }, async () => {
    // Those of the tests before, of which one may still be there.
    await scene.stopAll();
    const first = await scene.start();
    await eventually(
      () => first.log,
      (lines) => lines.some(({ message }) => message === 'leading'),
    );
    const second = await scene.start();
    await eventually(
      () => second.log,
      (lines) => lines.some(({ message }) => message === 'may send'),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    trouble.set(pathOf('orphaned'), faults.slow(promise));
    const ids = put('orphaned', 6);
    await scene.source('orphaned', destination('orphaned'));
    await eventually(
      () => scene.files('orphaned'),
      (files) => files.length === 6 && files.every(({ status }) => status.state === 'Processing'),
    );
    const owners = new Set((await scene.files('orphaned')).map(({ spec }) => spec.worker));
    await first.kill();
    trouble.delete(pathOf('orphaned'));
    resolve();
    await eventually(
      () => ids.filter((id) => !scene.collector.taken.has(id)),
      (missing) => missing.length === 0,
      90_000,
    );
    const done = await eventually(
      () => scene.get('orphaned'),
      ({ status }) => status.files?.completed === 6,
      90_000,
    );
    expect(done.status.totals).toMatchObject({ files: 6, retries: 0 });
    expect(second.log.some(({ message }) => message === 'leading')).toBe(true);
    expect(owners).toContain(first.log.find(({ message }) => message === 'may send')?.worker);
    expect(await second.stop()).toBe(0);
  });
});
