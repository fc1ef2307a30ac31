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
  await scene.start();
});
afterAll(() => scene.close());

const pathOf = (source: string) => `/${source}/v1/traces`;
const destination = (source: string) => ({ destination: { endpoint: `${scene.collector.url}/${source}` } });
const requests = (source: string) => scene.collector.received.filter(({ path }) => path === pathOf(source)).length;
const times = (ids: readonly string[]) => ids.map((id) => scene.collector.taken.get(id) ?? 0);
const scanAgain = (source: string, token: string) => scene.ask('ingestionsources', source, 'scan', token);
const scanned = (source: string, token: string) =>
  eventually(
    () => scene.get(source),
    ({ status }) => status.handled?.scan === token,
  );

/** A file that cannot be read until it is restored: same key, same content, another storage class. */
function archived(key: string) {
  const { text, ids } = agentFile(1);
  scene.s3.put(scene.bucket, key, text, { storageClass: 'DEEP_ARCHIVE' });
  return { ids, restore: () => scene.put(key, text) };
}

describe.concurrent('row 35: the states of a file', () => {
  test('Pending while it waits, Processing while it is long under way, Completed at the end, and the source counts them', async () => {
    const { text, ids } = agentFile();
    scene.put('states/a.json', text);
    trouble.set(pathOf('states'), faults.status(503, 'not yet', { 'retry-after': '1' }));
    await scene.source('states', destination('states'));
    await scene.recorded('states/a.json', { state: 'Pending' });
    await eventually(
      () => scene.get('states'),
      ({ status }) => status.files?.pending === 1 && status.files.processing === 0,
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    trouble.set(pathOf('states'), faults.slow(promise));
    await scene.recorded('states/a.json', { state: 'Processing' });
    await eventually(
      () => scene.get('states'),
      ({ status }) => status.files?.processing === 1 && status.files.pending === 0,
    );
    resolve();
    await scene.recorded('states/a.json', { state: 'Completed' });
    await scene.delivered(ids);
    await scene.settled('states', { completed: 1 });
  });

  test('row 36: trouble of the file itself is tried again, with one retry more each time, up to maxRetries', async () => {
    const { text } = agentFile(20);
    scene.put('tried/a.json', text.slice(0, text.length / 2));
    await scene.source('tried', { retry: { maxRetries: 1 } });
    const first = await scene.recorded('tried/a.json', { state: 'Pending', reason: 'Truncated', retries: 1 });
    expect(first.status.attempts).toBe(1);
    const last = await scene.recorded('tried/a.json', { state: 'Failed', reason: 'Truncated' });
    expect(last.status).toMatchObject({ retries: 1, attempts: 2 });
    const { status } = await scene.settled('tried', { failed: 1 });
    expect(status.totals).toMatchObject({ retries: 1 });
  });

  test('row 36: maxRetries is 3 by default', async () => {
    await scene.source('defaults');
    expect((await scene.get('defaults')).spec.retry.maxRetries).toBe(3);
  });
});

describe.concurrent('rows 38 and 39: what is known of a file and of all of them', () => {
  test('the record has key, size, spans, retries and times; kubectl shows them', async () => {
    const { text } = agentFile(3);
    scene.put('known/a.json', text);
    await scene.source('known');
    const { spec, status, metadata } = await scene.recorded('known/a.json', { state: 'Completed' });
    expect(spec).toMatchObject({ key: 'known/a.json', size: text.length, sourceRef: { name: 'known' } });
    expect(status).toMatchObject({ spans: 3, rejectedSpans: 0, retries: 0, attempts: 1, bytes: text.length, requests: 1 });
    expect(Date.parse(status.startTime ?? '')).toBeGreaterThanOrEqual(Date.parse(metadata.creationTimestamp ?? ''));
    expect(Date.parse(status.completionTime ?? '')).toBeGreaterThanOrEqual(Date.parse(status.startTime ?? ''));
    expect(metadata.ownerReferences?.[0]).toMatchObject({ kind: 'IngestionSource', name: 'known' });
    const table = await scene.kubectl('get', 'ifile', '--field-selector', 'spec.sourceRef.name=known,status.state=Completed');
    expect(table).toMatch(/known-[0-9a-f]{24}\s+Completed\s+1\s+3\s+0\s+known\/a\.json/);
  });

  test('the source has totals, the time of the last completion and failure, and the last failures', async () => {
    for (let n = 0; n < 3; n++) scene.put(`totals/${n}.json`, agentFile(n + 1).text);
    scene.put('totals/broken.json', '{"resourceSpans":[{]}', Date.now() - 3_600_000);
    await scene.source('totals');
    const { status } = await scene.settled('totals', { completed: 3, failed: 1 });
    expect(status.totals).toMatchObject({ files: 4, spans: 6, rejectedSpans: 0, retries: 0 });
    expect(status.totals?.bytes).toBeGreaterThan(1_000);
    expect(Date.now() - Date.parse(status.lastCompletionTime ?? '')).toBeLessThan(60_000);
    expect(Date.now() - Date.parse(status.lastFailureTime ?? '')).toBeLessThan(60_000);
    expect(status.recentFailures).toEqual([{ key: 'totals/broken.json', reason: 'InvalidJSON', message: expect.stringMatching(/offset/) }]);
    expect(status.ledger).toMatchObject({ entries: 4, segments: 1 });
  });
});

describe.concurrent('row 21: what is done or failed is not ingested again', () => {
  test('by another scan', async () => {
    const { text, ids } = agentFile();
    scene.put('once/a.json', text);
    scene.put('once/broken.json', '{"resourceSpans":[{]}', Date.now() - 3_600_000);
    await scene.source('once');
    await scene.settled('once', { completed: 1, failed: 1 });
    await scanAgain('once', 'again');
    await scanned('once', 'again');
    const { status } = await scene.settled('once', { completed: 1, failed: 1 });
    expect(status.totals).toMatchObject({ files: 2, spans: 2 });
    expect(times(ids)).toEqual([1, 1]);
  });

  test('nor when its record is deleted by hand: the ledger remembers it', async () => {
    const { text, ids } = agentFile();
    scene.put('forgotten/a.json', text);
    await scene.source('forgotten');
    await scene.settled('forgotten', { completed: 1 });
    const { metadata } = await scene.recorded('forgotten/a.json', { state: 'Completed' });
    await scene.remove('ingestionfiles', metadata.name);
    await scanAgain('forgotten', 'again');
    await scanned('forgotten', 'again');
    await scene.settled('forgotten', { completed: 1 });
    expect(await scene.files('forgotten')).toEqual([]);
    expect(times(ids)).toEqual([1, 1]);
  });

  test('but an unfinished file whose record is deleted by hand is found again', async () => {
    const { text, ids } = agentFile();
    scene.put('lost/a.json', text);
    trouble.set(pathOf('lost'), faults.status(503, 'not yet', { 'retry-after': '1' }));
    await scene.source('lost', destination('lost'));
    const { metadata } = await scene.recorded('lost/a.json', { state: 'Pending', reason: 'DestinationUnavailable' });
    await scene.remove('ingestionfiles', metadata.name);
    trouble.delete(pathOf('lost'));
    await scene.delivered(ids);
    await scene.settled('lost', { completed: 1 });
  });
});

describe.concurrent('row 40: asking for more', () => {
  test('retry on a failed record tries that one again, and no other', async () => {
    const [one, other] = [archived('retried/one.json'), archived('retried/other.json')];
    await scene.source('retried');
    await scene.settled('retried', { failed: 2 });
    const { metadata } = await scene.recorded('retried/one.json', { state: 'Failed', reason: 'Archived' });
    one.restore();
    other.restore();
    await scene.ask('ingestionfiles', metadata.name, 'retry', 'r-1');
    await scene.delivered(one.ids);
    const { status } = await scene.settled('retried', { completed: 1, failed: 1 });
    expect(status.totals).toMatchObject({ files: 2, spans: 1 });
    expect((await scene.recorded('retried/one.json', { state: 'Completed' })).status.handled).toEqual({ retry: 'r-1' });
    expect(times(other.ids)).toEqual([0]);
  });

  test('retry-failed on the source tries all of them again, those whose record is gone included', async () => {
    const files = ['a', 'b', 'c'].map((name) => archived(`all-failed/${name}.json`));
    await scene.source('all-failed', { history: { completed: 10, failed: 1 } });
    await scene.settled('all-failed', { failed: 3 });
    await eventually(
      () => scene.files('all-failed'),
      (records) => records.length === 1,
    );
    for (const { restore } of files) restore();
    await scene.ask('ingestionsources', 'all-failed', 'retryFailed', 'rf-1');
    await scene.delivered(files.flatMap(({ ids }) => ids));
    const { status } = await scene.settled('all-failed', { completed: 3, failed: 0 });
    expect(status.handled?.retryFailed).toBe('rf-1');
    expect(files.flatMap(({ ids }) => times(ids))).toEqual([1, 1, 1]);
  });

  test('force on a completed record ingests it again; files and totals count it once', async () => {
    const { text, ids } = agentFile();
    scene.put('forced/a.json', text);
    await scene.source('forced');
    await scene.settled('forced', { completed: 1 });
    const { metadata } = await scene.recorded('forced/a.json', { state: 'Completed' });
    await scene.ask('ingestionfiles', metadata.name, 'force', 'f-1');
    await eventually(
      () => times(ids),
      (seen) => seen.every((each) => each === 2),
    );
    const record = await scene.recorded('forced/a.json', { state: 'Completed', attempts: 2 });
    expect(record.status.handled).toEqual({ force: 'f-1' });
    const { status } = await scene.settled('forced', { completed: 1 });
    expect(status.totals).toMatchObject({ files: 1, spans: ids.length });
  });
});

describe.concurrent('records are a view, bounded in number', () => {
  test('history says how many of each kind are kept; counts and totals go on', async () => {
    for (let n = 0; n < 5; n++) scene.put(`pruned/${n}.json`, agentFile(1).text);
    for (let n = 0; n < 3; n++) scene.put(`pruned/broken-${n}.json`, `{"n":${n},]`, Date.now() - 3_600_000);
    await scene.source('pruned', { history: { completed: 2, failed: 1 } });
    const { status } = await scene.settled('pruned', { completed: 5, failed: 3 });
    expect(status.totals).toMatchObject({ files: 8, spans: 5 });
    const kept = await eventually(
      () => scene.files('pruned'),
      (records) => records.length === 3,
    );
    expect(kept.map(({ status: { state } }) => state).sort()).toEqual(['Completed', 'Completed', 'Failed']);
  });

  test('none at all is a choice, too', async () => {
    const { text, ids } = agentFile();
    scene.put('no-history/a.json', text);
    await scene.source('no-history', { history: { completed: 0, failed: 0 } });
    await scene.delivered(ids);
    await scene.settled('no-history', { completed: 1 });
    await eventually(
      () => scene.files('no-history'),
      (records) => records.length === 0,
    );
    await scanAgain('no-history', 'again');
    await scanned('no-history', 'again');
    expect(times(ids)).toEqual([1, 1]);
    expect(requests('no-history')).toBe(0);
  });
});
