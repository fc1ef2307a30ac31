import { expect, onTestFailed, test } from 'vitest';
import { Failed } from '../../../src/api/failure.ts';
import { random, seedOf } from '../../support/random.ts';
import { sourcesWorld } from '../../support/sources-world.ts';

const steps = 60;

test('whatever comes, waits, fails or is led by somebody else: each content of each file is taken exactly once', {
  timeout: 120_000,
}, async () => {
  const seed = seedOf();
  onTestFailed(() => console.error(`SPANFERRY_SEED=${seed}`));
  const chance = random(seed);
  const world = sourcesWorld({}, { pageSize: 100 + chance.int(900) });
  const taken = new Map<string, number>();
  const underWay: string[] = [];
  const isOrderly = chance.next() < 0.5;
  let uploads = 0;

  const upload = () => {
    const number = isOrderly ? ++uploads : chance.int(1_000_000);
    const key = `agents/prod/run-${`${number}`.padStart(7, '0')}`;
    world.store.put(`${key}${chance.next() < 0.95 ? '.json' : '.txt'}`);
  };
  const overwrite = () => {
    if (world.store.files().length > 0) world.store.put(chance.pick(world.store.files()).key);
  };

  const bind = () => {
    const lane = chance.next() < 0.5 ? 'fresh' : 'backlog';
    const [supply] = world.part().supplies();
    const candidate = supply?.take(lane);
    if (!supply || !candidate) return;
    if (chance.next() < 0.1) return supply.giveBack(candidate, lane);
    const { name, ...file } = candidate;
    const id = `${file.key} ${file.version}`;
    taken.set(id, (taken.get(id) ?? 0) + 1);
    world.putRecord(name, {}, file);
    underWay.push(name);
  };

  const finish = () => {
    const name = underWay.shift();
    if (name === undefined || world.part().supplies().length === 0) return;
    world.finish(name, chance.next() < 0.9 ? 'Completed' : 'Failed');
  };

  /** As dispatch does: a record goes only when its verdict is written. */
  const prune = () => {
    const finished = [...world.records.values()].filter(({ status }) => status.state === 'Completed' || status.state === 'Failed');
    for (const record of finished) {
      const written = world.segments.get(0)?.spec.head?.expectedEntries ?? 0;
      if (written === taken.size - underWay.length && chance.next() < 0.5) world.prune(record.metadata.name);
    }
  };

  const happen = async () => {
    const what = chance.int(100);
    if (what < 3) world.store.break(new Failed({ reason: 'StoreUnavailable', message: 'HTTP 503' }));
    else if (what < 25) world.store.break();
    if (what === 30 || what === 31) {
      // Verdicts that were not written stay on their records, and the next leader hands them over again.
      world.newLeader();
      await world.within(120_000, () => world.part().supplies().length > 0);
      for (const record of world.records.values()) {
        const { state } = record.status;
        const isFinished = state === 'Completed' || state === 'Failed';
        if (isFinished && world.supply().outcome(record.spec) === undefined) world.finish(record.metadata.name, state);
      }
    }
  };

  for (let step = 0; step < steps; step++) {
    for (let n = chance.int(chance.next() < 0.1 ? 1_500 : 60); n > 0; n--) upload();
    for (let n = chance.int(5); n > 0; n--) overwrite();
    for (let n = chance.int(200); n > 0; n--) bind();
    for (let n = chance.int(200); n > 0; n--) finish();
    prune();
    await happen();
    await world.clock.advance(chance.int(90_000));
  }

  world.store.break();
  const expected = () => world.store.files().filter(({ key }) => key.endsWith('.json'));
  const missing = () => expected().filter(({ key, version }) => !taken.has(`${key} ${version}`));
  for (let round = 0; round < 400 && missing().length > 0; round++) {
    for (let n = 0; n < 1_000; n++) bind();
    while (underWay.length > 0 && world.part().supplies().length > 0) finish();
    await world.clock.advance(30_000);
  }

  expect(missing().map(({ key }) => key)).toEqual([]);
  expect([...taken].filter(([, times]) => times > 1)).toEqual([]);
  world.end();
});
