import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesOf } from '../../../src/api/ingestionfile.ts';
import { type Fault, faults } from '../../support/collector-stub.ts';
import { eventually } from '../../support/eventually.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { type AgentFile, agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
/** What goes wrong at the path that a source has to itself. */
const trouble = new Map<string, Fault>();
beforeAll(async () => {
  scene = await stage();
  scene.collector.always((asked) => trouble.get(asked.path)?.(asked));
});
afterAll(() => scene.close());

const pathOf = (source: string) => `/${source}/v1/traces`;
const ownPath = (source: string) => ({ destination: { endpoint: `${scene.collector.url}/${source}` } });
const keyOf = (source: string, n: number) => `${source}/run-${String(n).padStart(4, '0')}.json`;
const put = (source: string, count: number, spans = 2, from = 0): readonly AgentFile[] =>
  Array.from({ length: count }, (_, n) => {
    const file = agentFile(spans);
    scene.put(keyOf(source, from + n), file.text);
    return file;
  });
const idsOf = (files: readonly AgentFile[]) => files.flatMap(({ ids }) => ids);
const timesTaken = (files: readonly AgentFile[]) => new Set(idsOf(files).map((id) => scene.collector.taken.get(id)));
const requestsOf = (source: string) => scene.collector.received.filter(({ path }) => path === pathOf(source)).length;
const packsOf = async (source: string) => (await scene.files(source)).filter(({ spec }) => spec.pack !== undefined);

describe('many small files of one source', () => {
  test('share records and requests, and each span arrives once', async () => {
    const files = put('many', 600);
    await scene.start();
    await scene.source('many', { ...ownPath('many'), history: { completed: 1_000 } });
    await scene.delivered(idsOf(files));
    const { status } = await scene.settled('many', { completed: 600 });
    expect(status.totals).toMatchObject({ files: 600, spans: 1_200, rejectedSpans: 0, retries: 0 });
    expect(timesTaken(files)).toEqual(new Set([1]));
    const packs = await packsOf('many');
    expect(packs.map(({ spec }) => spec.pack?.length).sort()).toEqual([256, 256, 88]);
    expect(requestsOf('many')).toBe(1);
    expect(packs.map((record) => record.status)).toEqual(
      packs.map(({ spec }) => expect.objectContaining({ state: 'Completed', files: spec.pack?.length })),
    );

    const table = await scene.kubectl('get', 'ifile', '--sort-by', '.spec.title');
    expect(table).toMatch(/NAME\s+STATE\s+FILES\s+SPANS\s+RETRIES\s+REASON\s+KEY\s+AGE/);
    expect(table).toMatch(/Completed\s+256\s+512\s+0\s+many\/run-0000\.json \+255/);
  });

  test('are few: then each has a record of its own, whose key is in the same column', async () => {
    const files = put('few', 31);
    await scene.source('few', ownPath('few'));
    await scene.delivered(idsOf(files));
    await scene.settled('few', { completed: 31 });
    expect(await packsOf('few')).toEqual([]);
    expect(await scene.kubectl('get', 'ifile')).toMatch(/Completed\s+1\s+2\s+0\s+few\/run-0000\.json/);
  });

  test('are kept in the history by their number, and known after their record is gone', async () => {
    const files = put('history', 300);
    await scene.source('history', { ...ownPath('history'), history: { completed: 10 } });
    await scene.delivered(idsOf(files));
    await scene.settled('history', { completed: 300 });
    const [newest, ...others] = await eventually(
      () => scene.files('history'),
      (records) => records.length === 1,
    );
    expect(others).toEqual([]);
    expect(filesOf(newest!.spec).length).toBeGreaterThan(10);
    await scene.ask('ingestionsources', 'history', 'scan', 'again');
    await eventually(
      () => scene.get('history'),
      ({ status }) => status.handled?.scan === 'again',
    );
    expect(timesTaken(files)).toEqual(new Set([1]));
  });
});

test('a pack with a broken, a deleted, a replaced, an archived and a poisonous file: the other 251 arrive once, and each of the five ends as it would alone', async () => {
  const files = put('five', 256);
  const [broken, deleted, replaced, archived, poisonous] = [10, 50, 100, 150, 200];
  scene.put(keyOf('five', broken), '{"resourceSpans": [');
  scene.s3.fault({ kind: 'deleted', on: 'GetObject', key: keyOf('five', deleted), times: 1 });
  scene.s3.fault({ kind: 'changed', on: 'GetObject', key: keyOf('five', replaced), times: 1 });
  scene.s3.put(scene.bucket, keyOf('five', archived), files[archived]!.text, { storageClass: 'GLACIER' });
  trouble.set(pathOf('five'), faults.poison(new Set([files[poisonous]!.ids[0]!]), 'no such tenant'));
  await scene.source('five', { ...ownPath('five'), retry: { maxRetries: 0 }, history: { completed: 1_000, failed: 1_000 } });

  const odd = new Set([broken, deleted, replaced, archived, poisonous]);
  const good = files.filter((_, n) => !odd.has(n));
  await scene.delivered(idsOf(good));
  await scene.recorded(keyOf('five', poisonous), { state: 'Completed', spans: 1, rejectedSpans: 1, reason: 'RefusedByDestination' });
  await scene.recorded(keyOf('five', broken), { state: 'Failed', reason: 'Truncated' });
  // What came in place of the one that was replaced is a file of its own, and no trace file.
  await scene.settled('five', { completed: 253, failed: 4 });
  expect(timesTaken(good)).toEqual(new Set([1]));
  expect(files[poisonous]!.ids.map((id) => scene.collector.taken.get(id))).toEqual([undefined, 1]);

  const [pack, ...others] = await packsOf('five');
  expect(others).toEqual([]);
  expect(pack?.status).toMatchObject({ state: 'Completed', files: 252, spans: 502, retries: 0 });
  expect(pack?.status.returned).toMatchObject([
    { index: broken, reason: 'Truncated' },
    { index: poisonous, reason: 'RefusedByDestination', message: expect.stringContaining('no such tenant') },
  ]);
  expect(pack?.status.unread).toMatchObject([
    { index: deleted, reason: 'Deleted' },
    { index: replaced, reason: 'Superseded' },
    { index: archived, reason: 'Archived' },
  ]);
  expect(pack?.status.packSpans?.filter((count) => count === 2)).toHaveLength(251);
  const { status } = await scene.get('five');
  expect(status.recentFailures?.map(({ reason }) => reason).sort()).toEqual(['Archived', 'Deleted', 'NotATraceFile', 'Truncated']);

  // Whoever restores the archived object has it retried, and only it and the broken one.
  scene.put(keyOf('five', archived), files[archived]!.text);
  await scene.ask('ingestionsources', 'five', 'retryFailed', 'restored');
  await scene.delivered(files[archived]!.ids);
  expect(timesTaken(good)).toEqual(new Set([1]));
});

test('a worker killed within a pack: nothing is lost, halves go on alone, and only what came after the checkpoint comes twice', {
  timeout: 240_000,
}, async () => {
  await scene.stopAll();
  const manager = await scene.start(['--role', 'manager']);
  const worker = await scene.start(['--role', 'worker', '--max-batch-bytes', '65536']);
  const { promise: killed, resolve: isKilled } = Promise.withResolvers<void>();
  let requests = 0;
  trouble.set(pathOf('killed'), async () => {
    if (++requests > 4) await killed;
    return undefined;
  });
  const files = put('killed', 256, 20);
  await scene.source('killed', { ...ownPath('killed'), history: { completed: 1_000 } });
  const [pack] = await eventually(
    () => packsOf('killed'),
    ([first]) => (first?.status.checkpoint?.files ?? 0) > 0,
    // One that comes too early for the first batch is followed by the next after fifteen seconds.
    60_000,
  );
  await worker.kill();
  isKilled();
  await scene.start(['--role', 'worker']);
  await eventually(
    () => idsOf(files).filter((id) => !scene.collector.taken.has(id)),
    (missing) => missing.length === 0,
    90_000,
  );
  const { status } = await scene.settled('killed', { completed: 256 });
  expect(status.totals).toMatchObject({ files: 256, spans: 256 * 20, retries: 0 });
  const records = await packsOf('killed');
  expect(records).toHaveLength(3);
  const ended = records.find(({ metadata }) => metadata.uid === pack?.metadata.uid);
  expect(ended?.status).toMatchObject({ state: 'Completed', reason: 'WorkerLost', files: pack?.status.checkpoint?.files });
  const acknowledged = files.filter((_, n) => (pack?.status.packSpans?.[n] ?? 0) > 0);
  expect(timesTaken(acknowledged)).toEqual(new Set([1]));
  const twice = idsOf(files).filter((id) => (scene.collector.taken.get(id) ?? 0) > 1);
  expect(twice.length).toBeLessThanOrEqual(idsOf(files).length - idsOf(acknowledged).length);
  expect(Math.max(...idsOf(files).map((id) => scene.collector.taken.get(id) ?? 0))).toBeLessThanOrEqual(2);
  await manager.stop();
});

test('a pack that is forced is ingested again as a whole, and what failed in it is retried by an annotation of its own', async () => {
  await scene.stopAll();
  await scene.start();
  const files = put('again', 40);
  scene.s3.put(scene.bucket, keyOf('again', 7), files[7]!.text, { storageClass: 'GLACIER' });
  await scene.source('again', ownPath('again'));
  const good = files.filter((_, n) => n !== 7);
  await scene.delivered(idsOf(good));
  await scene.settled('again', { completed: 39, failed: 1 });
  const [pack] = await packsOf('again');
  const { name } = pack!.metadata;

  scene.put(keyOf('again', 7), files[7]!.text);
  await scene.ask('ingestionfiles', name, 'retry', 'restored');
  await scene.delivered(files[7]!.ids);
  await scene.settled('again', { completed: 40 });
  expect(timesTaken(files)).toEqual(new Set([1]));

  await scene.ask('ingestionfiles', name, 'force', 'once more');
  await eventually(
    () => [...timesTaken(good)],
    (times) => times.length === 1 && times[0] === 2,
  );
  await scene.settled('again', { completed: 40 });
  expect(timesTaken([files[7]!])).toEqual(new Set([1]));
});

test('a pack that a backup brings back, without owner and status, holds its files: none goes into another pack as well', async () => {
  await scene.stopAll();
  trouble.set(pathOf('backup'), faults.status(503, 'not yet'));
  const first = await scene.start();
  const packed = put('backup', 40);
  await scene.source('backup', ownPath('backup'));
  const [pack] = await eventually(
    () => packsOf('backup'),
    (packs) => packs.length > 0,
  );
  await first.stop();
  trouble.delete(pathOf('backup'));
  const { apiVersion, kind, metadata, spec } = pack!;
  await scene.remove('ingestionsources', 'backup');
  await scene.remove('ingestionfiles', metadata.name);
  await scene.apply({ apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace }, spec });

  // Enough of them are new for a pack of their own.
  const late = put('backup', 40, 2, 40);
  await scene.source('backup', ownPath('backup'));
  await scene.start();
  await scene.settled('backup', { completed: 80 });
  expect(timesTaken([...packed, ...late])).toEqual(new Set([1]));
});
