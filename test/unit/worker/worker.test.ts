import { afterEach, describe, expect, test } from 'vitest';
import { type Batch, type Consignment, consign, type Outcome } from '../../../src/delivery/outcome.ts';
import { aRecord } from '../../support/records.ts';
import { filesOf, refusal, taken, type WorkerWorld, type WorldOptions, workerWorld } from '../../support/worker-world.ts';

const stop = new AbortController();
let over = new AbortController();
afterEach(() => over.abort());

function running(options: WorldOptions = {}): WorkerWorld {
  over = new AbortController();
  const world = workerWorld(options);
  void world.worker.run(AbortSignal.any([stop.signal, over.signal]));
  return world;
}

/** Once, and never again. */
const once = (act: () => void) => {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
};

describe('a file is begun once', () => {
  test('even while the copy of the records lags behind its verdict', async () => {
    const world = running();
    world.put(aRecord({}, {}, { name: 'a' }));
    world.follow(false);
    await world.clock.advance(10_000);
    expect(world.sent).toEqual(['a#0']);
    world.follow(true);
    await world.clock.advance(10_000);
    expect(world.sent).toEqual(['a#0']);
    expect(world.status('a')).toMatchObject({ state: 'Completed', attempts: 1, spans: 10 });
  });

  test('even while the copy still shows a record that is deleted', async () => {
    const world = running({
      send: () => {
        world.follow(false);
        world.stored.delete('a');
        return taken();
      },
    });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(10_000);
    expect(world.sent).toEqual(['a#0']);
  });

  test.each([
    ['the right to write a status is missing', 'ApiForbidden'],
    ['the API server does not accept the status', 'ApiRefused'],
    ['the API server is away', 'ApiUnavailable'],
  ] as const)('while %s, and its verdict is written as soon as that is over', async (_sentence, reason) => {
    let isOver = false;
    const world = running({
      onWrite: () => {
        if (!isOver) throw refusal(reason);
      },
    });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(120_000);
    isOver = true;
    await world.clock.advance(60_000);
    expect(world.sent).toEqual(['a#0']);
    expect(world.status('a')).toMatchObject({ state: 'Completed', attempts: 1 });
    expect(world.log().filter(({ level }) => level === 'warn').length).toBeGreaterThan(0);
  });

  test('when the answer to the write of its verdict was lost, and that counts as a verdict', async () => {
    const lose = once(() => {
      throw refusal('ApiUnavailable');
    });
    const ended: string[] = [];
    const world = running({ afterWrite: lose, observer: { ended: (_record, { state }) => ended.push(state) } });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(60_000);
    expect(world.sent).toEqual(['a#0']);
    expect(ended).toEqual(['Completed']);
  });

  test('when the answer to the write of Processing was lost', async () => {
    const answer = Promise.withResolvers<void>();
    const lose = once(() => {
      throw refusal('ApiUnavailable');
    });
    const world = running({
      afterWrite: lose,
      send: async () => {
        await answer.promise;
        return taken();
      },
    });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(1_500);
    expect(world.status('a')).toMatchObject({ state: 'Processing', attempts: 1 });
    answer.resolve();
    await world.clock.advance(60_000);
    expect(world.sent).toEqual(['a#0']);
    expect(world.status('a')).toMatchObject({ state: 'Completed', attempts: 1 });
  });
});

describe('an attempt ends', () => {
  const hanging: WorldOptions['send'] = (_batch, _file, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  test('when the source is suspended; the file goes on once it is resumed', async () => {
    let hangs = true;
    const world = running({ send: (...all) => (hangs ? (hanging(...all) as never) : taken()) });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(2_000);
    world.edit({ suspend: true });
    await world.clock.advance(2_000);
    expect(world.status('a')).toMatchObject({ state: 'Pending', attempts: 1 });
    hangs = false;
    world.edit({ suspend: false });
    await world.clock.advance(2_000);
    expect(world.status('a')).toMatchObject({ state: 'Completed', attempts: 2 });
  });

  test('when a source of the same name takes the place of its own, and then the file is nobody to ferry', async () => {
    const world = running({ send: hanging });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(2_000);
    world.edit({}, { uid: 'source-2' });
    await world.clock.advance(60_000);
    expect(world.status('a')).toMatchObject({ state: 'Pending' });
    expect(world.sent).toEqual(['a#0']);
    expect(world.worker.capacity().waiting).toBe(1);
  });
});

describe('a file that waits for its destination', () => {
  const down = { reason: 'DestinationUnavailable', message: '503' } as const;
  const waiting = (batch: Batch | Consignment): Outcome => ({
    state: 'waiting',
    failure: down,
    rest: 'batch' in batch ? batch : consign(batch),
    ...{ accepted: 0, rejectedSpans: 0, rejected: [], requests: 1, bytes: 8 },
  });

  test('is pending, although its attempt had taken so long that it was processing', async () => {
    let isDown = true;
    const world: WorkerWorld = running({
      send: async (batch) => {
        if (!isDown) return taken();
        await world.clock.sleep(3_000);
        return waiting(batch);
      },
      ready: () => new Promise((resolve) => void world.clock.sleep(20_000).then(resolve)),
    });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(5_000);
    expect(world.status('a')).toMatchObject({ state: 'Pending', reason: 'DestinationUnavailable' });
    await world.clock.advance(25_000);
    expect(world.status('a')).toMatchObject({ state: 'Pending', reason: 'DestinationUnavailable' });
    isDown = false;
    await world.clock.advance(30_000);
    expect(world.status('a')).toMatchObject({ state: 'Completed', retries: 0 });
  });

  test('sends nothing twice of a batch that was decided in part', async () => {
    const asked: (Batch | Consignment)[] = [];
    const world = running({
      send: (batch) => {
        asked.push(batch);
        if ('batch' in batch) return taken(10);
        const sift = { pieces: [{ from: 4, to: 10 }], accepted: 4, rejected: [], spent: 0 };
        return { ...waiting(batch), rest: { ...consign(batch as Batch), sift, requests: 2 }, accepted: 4, requests: 2 } as Outcome;
      },
    });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(5_000);
    expect(asked).toMatchObject([{ index: 0 }, { batch: { index: 0 }, sift: { accepted: 4, pieces: [{ from: 4, to: 10 }] } }]);
    expect(world.status('a')).toMatchObject({ state: 'Completed', spans: 10 });
  });

  test('looks every quarter of a minute whether a Secret was corrected', async () => {
    let renewed = 0;
    const world = running({
      send: waiting,
      ready: (_file, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      connections: { renew: async () => void renewed++ },
    });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(61_000);
    expect(renewed).toBe(4);
    world.stored.delete('a');
    world.follow(true);
    await world.clock.advance(120_000);
    expect(renewed).toBe(4);
  });
});

describe('what the destination decided', () => {
  test('is counted once, however many attempts a file takes', async () => {
    const counted: number[] = [];
    let isDown = true;
    const world = running({
      transcode: filesOf(3),
      send: (batch) => {
        const { index } = 'batch' in batch ? batch.batch : batch;
        if (index < 2 || !isDown) return taken();
        isDown = false;
        return { ...taken(0), state: 'failed', failure: { reason: 'Undeliverable', message: '500' }, rest: consign(batch as Batch) };
      },
      observer: { delivered: (_record, { accepted }) => counted.push(accepted) },
    });
    world.put(aRecord({}, {}, { name: 'a' }));
    await world.clock.advance(60_000);
    expect(world.status('a')).toMatchObject({ state: 'Completed', spans: 30, retries: 1 });
    expect(counted).toEqual([20, 10]);
  });

  test('keeps the reason of a rejection over a restart in the middle of the file', async () => {
    const world = running({ transcode: filesOf(2) });
    const checkpoint = { batches: 1, spans: 9, rejectedSpans: 1, fingerprint: 'f', time: '2026-11-20T11:00:00Z' };
    const warnings = [{ message: 'RefusedByDestination: span "pay": too old', count: 1 }];
    world.put(aRecord({ attempts: 1, checkpoint, warnings }, {}, { name: 'a' }));
    await world.clock.advance(5_000);
    expect(world.sent).toEqual(['a#1']);
    expect(world.status('a')).toMatchObject({
      state: 'Completed',
      spans: 19,
      rejectedSpans: 1,
      reason: 'RefusedByDestination',
      message: 'span "pay": too old',
    });
  });
});

test('a file whose key may not be used waits for the grant, as the whole bucket does', async () => {
  let isGranted = false;
  const world = running({
    transcode: async (...all) => {
      if (!isGranted) throw refusal('KmsAccessDenied');
      return filesOf(1)(...all);
    },
  });
  world.put(aRecord({}, {}, { name: 'a' }));
  await world.clock.advance(600_000);
  expect(world.status('a')).toMatchObject({ state: 'Pending', reason: 'KmsAccessDenied', retries: 0 });
  isGranted = true;
  await world.clock.advance(60_000);
  expect(world.status('a')).toMatchObject({ state: 'Completed' });
});
