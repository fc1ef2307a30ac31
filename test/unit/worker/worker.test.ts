import { afterEach, describe, expect, test } from 'vitest';
import { aRecord } from '../../support/records.ts';
import { refusal, taken, type WorkerWorld, type WorldOptions, workerWorld } from '../../support/worker-world.ts';

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
