import { afterEach, describe, expect, test } from 'vitest';
import { fail } from '../../../src/api/failure.ts';
import { type Batch, type Consignment, consign, type Outcome } from '../../../src/delivery/outcome.ts';
import type { FileResult, Share, SmallFile, Summary, TranscodeMany } from '../../../src/transcode/port.ts';
import { aPack } from '../../support/records.ts';
import { taken, type WorkerWorld, type WorldOptions, workerWorld } from '../../support/worker-world.ts';

let over = new AbortController();
afterEach(() => over.abort());

const summary = (spans: number, more: Partial<Summary> = {}): Summary => ({
  ...{ format: 'OTLP JSON', spans, rejectedSpans: 0, traces: 1, rejected: [], bytes: 100, batches: 1 },
  ...{ services: ['checkout'], applicationIds: [], warnings: [], ...more },
});

/** Ten spans a file, so many files a batch; what the text of a file says, happens to it. */
const transcoding =
  (filesPerBatch: number): TranscodeMany =>
  async (files, _settings, take, signal) => {
    const words = (file: SmallFile) => Buffer.from(file.bytes).toString().trim();
    const results = files.map((file): FileResult => {
      if (words(file) === 'broken') return { state: 'failed', failure: { reason: 'InvalidJSON', message: 'at byte 3' } };
      if (words(file) === 'large') return { state: 'large' };
      const rejected = words(file) === 'odd' ? [{ reason: 'InvalidSpan' as const, message: 'no name', offset: 7 }] : [];
      return { state: 'done', summary: summary(10, { rejected, rejectedSpans: rejected.length }) };
    });
    const good = results.flatMap(({ state }, file) => (state === 'done' ? [file] : []));
    for (let index = 0; index * filesPerBatch < good.length; index++) {
      signal?.throwIfAborted();
      const its = good.slice(index * filesPerBatch, (index + 1) * filesPerBatch);
      const shares = its.map(
        (file, n): Share => ({ file, from: 10 * n, spans: 10, summary: (results[file] as FileResult & { state: 'done' }).summary }),
      );
      await take({ index, body: Buffer.from(its.map((file) => words(files[file] as SmallFile)).join()), spans: 10 * its.length, shares });
    }
    return results;
  };

/** What a file says: its key, unless the test says otherwise. Throws where it cannot be read. */
type Contents = Readonly<Record<string, string | (() => string)>>;

function running(contents: Contents, options: WorldOptions & { readonly filesPerBatch?: number } = {}): WorkerWorld {
  over = new AbortController();
  const connection = {
    store: {
      open: async function* ({ key, size }: { readonly key: string; readonly size: number }) {
        const text = contents[key] ?? key;
        yield Buffer.from((typeof text === 'string' ? text : text()).padEnd(size));
      },
    },
  };
  const world = workerWorld({
    ...options,
    connection,
    more: { transcodeMany: transcoding(options.filesPerBatch ?? 256), ...options.more },
  });
  void world.worker.run(over.signal);
  return world;
}

const key = (n: number) => `agents/${n}.json`;
const spansOf = (sent: Batch | Consignment) => ('batch' in sent ? sent.batch : sent).spans;

describe('a pack', () => {
  test('is one request, one verdict, and as many spans as its files have', async () => {
    const world = running({});
    world.put(aPack(40, {}, { name: 'a' }));
    await world.clock.advance(1_000);
    expect(world.sent).toEqual(['a#0']);
    expect(world.writes).toHaveLength(1);
    expect(world.status('a')).toMatchObject({ state: 'Completed', attempts: 1, retries: 0, files: 40, spans: 400, bytes: 4_000 });
    expect(world.status('a')?.packSpans).toEqual(Array.from({ length: 40 }, () => 10));
    expect(world.log().filter(({ message }) => message === 'verdict')).toMatchObject([
      { key: 'agents/0.json +39', files: 40, returned: 0 },
    ]);
  });

  const outOfOrder: readonly [sentence: string, what: string | (() => string), list: 'returned' | 'unread', reason: string][] = [
    ['whose content is broken goes on alone', 'broken', 'returned', 'InvalidJSON'],
    ['that fills more than a request goes on alone', 'large', 'returned', 'OutgrowsPack'],
    ['that cannot be read for its own fault goes on alone', () => fail('Unreadable', 'HTTP 400'), 'returned', 'Unreadable'],
    ['that was deleted is settled', () => fail('Deleted', 'HTTP 404'), 'unread', 'Deleted'],
    ['that was replaced is settled', () => fail('Superseded', 'HTTP 412'), 'unread', 'Superseded'],
    ['that is archived is settled', () => fail('Archived', 'HTTP 403'), 'unread', 'Archived'],
  ];
  test.each(outOfOrder)('delivers the others; a file %s', async (_sentence, what, list, reason) => {
    const world = running({ [key(1)]: what });
    world.put(aPack(3, {}, { name: 'a' }));
    await world.clock.advance(1_000);
    const status = world.status('a');
    expect(status).toMatchObject({ state: 'Completed', reason, spans: 20, packSpans: [10, 0, 10], [list]: [{ index: 1, reason }] });
    expect(status?.files).toBe(reason === 'Superseded' ? 3 : 2);
    expect(status?.message).toContain('1 of 3 files');
  });

  test('counts the spans that were left out of its files, and says of which', async () => {
    const world = running({ [key(1)]: 'odd' });
    world.put(aPack(3, {}, { name: 'a' }));
    await world.clock.advance(1_000);
    expect(world.status('a')).toMatchObject({
      state: 'Completed',
      reason: 'InvalidSpan',
      rejectedSpans: 1,
      message: 'agents/1.json: no name',
    });
  });

  test('gives back the files that the destination refuses, and those that it had not decided about when it gave up', async () => {
    const world = running(
      {},
      {
        filesPerBatch: 4,
        send: (batch) => {
          const { index } = 'batch' in batch ? batch.batch : batch;
          const refused = [{ reason: 'RefusedByDestination' as const, message: 'no such tenant', from: 10, to: 20 }];
          if (index === 0) return { ...taken(30), refused };
          const sift = { pieces: [{ from: 20, to: 30 }], accepted: 30, rejected: [], spent: 2 };
          const failure = { reason: 'Undeliverable' as const, message: '500' };
          return { ...taken(30), state: 'failed', failure, rest: { ...consign(batch as Batch), sift } };
        },
      },
    );
    world.put(aPack(8, {}, { name: 'a' }));
    await world.clock.advance(1_000);
    expect(world.status('a')).toMatchObject({
      ...{ state: 'Completed', spans: 60, files: 6, packSpans: [10, 0, 10, 10, 10, 10, 0, 10] },
      returned: [
        { index: 1, reason: 'RefusedByDestination', message: 'no such tenant' },
        { index: 6, reason: 'Undeliverable' },
      ],
    });
  });

  test('gives everything back that is undecided when it stands still, and fails nobody', async () => {
    const world = running(
      {},
      { send: (_batch, _file, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) },
    );
    world.put(aPack(3, {}, { name: 'a' }));
    await world.clock.advance(400_000);
    expect(world.status('a')).toMatchObject({ state: 'Completed', files: 0, retries: 0, reason: 'Stuck' });
    expect(world.status('a')?.returned?.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  test('leaves files of another application out, before anything of them is sent', async () => {
    const world = running({});
    world.edit({ applicationIds: ['app-1'], applicationMismatch: 'Fail' });
    world.put(aPack(3, {}, { name: 'a' }));
    await world.clock.advance(1_000);
    expect(world.sent).toEqual([]);
    expect(world.status('a')).toMatchObject({ state: 'Completed', files: 0, reason: 'ApplicationMismatch' });
  });
});

describe('a pack waits', () => {
  test('for the store after all that could be read is delivered, and then reads only the others', async () => {
    let isDown = true;
    const asked: string[] = [];
    const flaky = (name: string) => () => {
      asked.push(name);
      return isDown ? fail('StoreUnavailable', 'HTTP 503') : name;
    };
    const world = running({ [key(1)]: flaky('one'), [key(4)]: flaky('four') });
    world.put(aPack(6, {}, { name: 'a' }));
    await world.clock.advance(1_000);
    expect(world.status('a')).toMatchObject({ state: 'Pending', reason: 'StoreUnavailable', packSpans: [10, 0, 10, 10, 0, 10], files: 4 });
    isDown = false;
    await world.clock.advance(30_000);
    expect(world.status('a')).toMatchObject({ state: 'Completed', files: 6, spans: 60, bytes: 600, retries: 0 });
    expect(world.sent).toHaveLength(2);
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  test('without asking for every file when the store is down', async () => {
    let asked = 0;
    const down = () => {
      asked++;
      return fail('StoreUnavailable', 'HTTP 503');
    };
    const world = running(Object.fromEntries(Array.from({ length: 256 }, (_, n) => [key(n), down])));
    world.put(aPack(256, {}, { name: 'a' }));
    await world.clock.advance(1_000);
    expect(world.status('a')).toMatchObject({ state: 'Pending', reason: 'StoreUnavailable' });
    expect(asked).toBeLessThanOrEqual(20);
  });

  test('for the destination, and sends nothing twice of what was decided, be it a batch or a part of one', async () => {
    const seen: (Batch | Consignment)[] = [];
    const down = { reason: 'DestinationUnavailable', message: '503' } as const;
    const world = running(
      {},
      {
        filesPerBatch: 2,
        send: (batch) => {
          seen.push(batch);
          if (seen.length !== 2) return taken('batch' in batch ? 20 : spansOf(batch));
          const sift = { pieces: [{ from: 10, to: 20 }], accepted: 10, rejected: [], spent: 0, joints: [10] };
          return { ...taken(10), state: 'waiting', failure: down, rest: { ...consign(batch as Batch), sift, requests: 2 } } as Outcome;
        },
      },
    );
    world.put(aPack(6, {}, { name: 'a' }));
    await world.clock.advance(30_000);
    expect(seen).toMatchObject([
      { index: 0, joints: [10] },
      { index: 1 },
      { batch: { index: 1 }, sift: { accepted: 10, pieces: [{ from: 10, to: 20 }] } },
      { index: 2 },
    ]);
    expect(world.status('a')).toMatchObject({ state: 'Completed', files: 6, spans: 60, attempts: 2 });
  });

  test('for a file of its own only as long as others of its source are not read', async () => {
    const world = running({ [key(1)]: () => fail('KmsAccessDenied', 'kms:Decrypt') });
    world.put(aPack(3, {}, { name: 'a' }));
    await world.clock.advance(60_000);
    expect(world.status('a')).toMatchObject({ state: 'Pending', reason: 'KmsAccessDenied', files: 2 });
    for (let n = 0; n < 20 && world.status('a')?.state === 'Pending'; n++) {
      world.put(aPack(1, {}, { name: `other-${n}` }));
      await world.clock.advance(60_000);
    }
    expect(world.status('a')).toMatchObject({ state: 'Completed', files: 2, returned: [{ index: 1, reason: 'Unreadable' }] });
  });
});

describe('a checkpoint of a pack', () => {
  const before = { attempts: 1, packSpans: [10, 0, 10], spans: 20, bytes: 200, services: ['billing'] };
  const checkpoint = { batches: 1, files: 2, spans: 20, rejectedSpans: 0, time: '2026-11-20T11:00:00Z' };

  test('says which files need not be read again', async () => {
    const world = running({});
    world.put(aPack(3, { ...before, checkpoint: { ...checkpoint, fingerprint: 'f' } }, { name: 'a' }));
    await world.clock.advance(1_000);
    expect(world.status('a')).toMatchObject({ state: 'Completed', files: 3, spans: 30, bytes: 300, services: ['billing', 'checkout'] });
  });

  test('is worth nothing for another destination', async () => {
    const world = running({});
    world.put(aPack(3, { ...before, checkpoint: { ...checkpoint, fingerprint: 'g' } }, { name: 'a' }));
    await world.clock.advance(1_000);
    expect(world.status('a')).toMatchObject({ state: 'Completed', files: 3, spans: 30, bytes: 300, services: ['checkout'] });
  });

  test('is kept when the worker puts the pack back', async () => {
    const world: WorkerWorld = running(
      {},
      {
        filesPerBatch: 1,
        send: async (batch, _file, signal) => {
          await world.clock.sleep(('batch' in batch ? batch.batch : batch).index === 0 ? 10 : 60_000, signal);
          return taken(10);
        },
      },
    );
    world.put(aPack(3, {}, { name: 'a' }));
    await world.clock.advance(300);
    world.edit({ suspend: true });
    await world.clock.advance(100);
    expect(world.status('a')).toMatchObject({ state: 'Pending', packSpans: [10, 0, 0], checkpoint: { batches: 1, files: 1, spans: 10 } });
  });
});

test('what was wrong with a file of a pack is told in a line of its own', async () => {
  const world = running({ [key(1)]: 'broken' });
  world.put(aPack(3, {}, { name: 'a' }));
  await world.clock.advance(1_000);
  expect(world.log().filter(({ message }) => message === 'file goes on alone')).toMatchObject([
    { key: key(1), reason: 'InvalidJSON', words: 'at byte 3' },
  ]);
});
