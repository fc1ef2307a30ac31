import { expect, onTestFailed, test } from 'vitest';
import { Failed } from '../../../src/api/failure.ts';
import { filesOf, type IngestionFile, type NamedFile } from '../../../src/api/ingestionfile.ts';
import { type Candidate, type FileKey, isNews } from '../../../src/api/supply.ts';
import { endingsOf, packName, returnedOf, specOf } from '../../../src/dispatch/pack.ts';
import { random, seedOf } from '../../support/random.ts';
import { sourcesWorld } from '../../support/sources-world.ts';

const steps = 60;

const idOf = ({ key, version }: FileKey) => `${key} ${version}`;

test('whatever comes, waits, fails, is put back or is led by somebody else: each content of each file is taken and counted exactly once', {
  timeout: 120_000,
}, async () => {
  const seed = seedOf();
  onTestFailed(() => console.error(`SPANFERRY_SEED=${seed}`));
  const chance = random(seed);
  const world = sourcesWorld({}, { pageSize: 100 + chance.int(900) });
  const taken = new Map<string, number>();
  const underWay: string[] = [];
  /** Records that brought spans: ten each. */
  const completed = new Set<string>();
  /** What was overwritten before it could be read: each of them counts, too, once. */
  const superseded = new Map<string, FileKey>();
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
  const putBack = () => {
    if (superseded.size === 0) return;
    const { key, version } = chance.pick([...superseded.values()]);
    world.store.put(key, { version });
  };

  const bind = () => {
    const lane = chance.next() < 0.5 ? 'fresh' : 'backlog';
    const [supply] = world.part().supplies();
    if (!supply) return;
    const most = chance.next() < 0.1 ? 1 + chance.int(100) : 1;
    const [first, ...others] = supply.waiting(lane).slice(0, most);
    if (!first) return;
    const chosen = first.alone ? [first] : [first, ...others.filter(({ alone }) => !alone)];
    const candidates = supply.take(lane, chosen);
    if (candidates.length === 0) return;
    if (chance.next() < 0.1) return supply.giveBack(candidates, lane);
    for (const file of candidates) taken.set(idOf(file), (taken.get(idOf(file)) ?? 0) + 1);
    const [only] = candidates as [Candidate];
    const name = candidates.length === 1 ? only.name : packName(supply.source, candidates);
    world.putRecord(name, {}, specOf(candidates));
    underWay.push(name);
  };

  /** Some files of a pack come back, and are then taken once more, alone. */
  const returnedFrom = ({ spec }: IngestionFile) =>
    (spec.pack ?? []).flatMap((file, index) => {
      if (isOverwritten(file) || chance.next() > 0.05) return [];
      taken.delete(idOf(file));
      return [{ index, reason: 'InvalidJSON', message: 'broken' }];
    });

  /** Is there another content by now? Then this one is to be taken again should it be put back. */
  const isOverwritten = (file: FileKey) => world.store.at(file.key)?.version !== file.version;
  const unreadFrom = ({ spec }: IngestionFile) =>
    (spec.pack ?? []).flatMap((file, index) => (isOverwritten(file) ? [{ index, reason: 'Superseded', message: 'HTTP 412' }] : []));
  const leave = (file: FileKey) => {
    taken.delete(idOf(file));
    superseded.set(idOf(file), file);
  };

  const finish = () => {
    const name = underWay.shift();
    if (name === undefined || world.part().supplies().length === 0) return;
    const record = world.records.get(name) as IngestionFile;
    const { pack } = record.spec;
    const [only] = filesOf(record.spec) as [NamedFile];
    if (pack) {
      const unread = unreadFrom(record);
      for (const { index } of unread) leave(pack[index]!);
      const packSpans = pack.map(() => 1);
      world.finish(name, 'Completed', { returned: returnedFrom(record), unread, packSpans });
    } else if (isOverwritten(only)) {
      leave(only);
      world.finish(name, 'Completed', { reason: 'Superseded', spans: 0 });
    } else world.finish(name, chance.next() < 0.9 ? 'Completed' : 'Failed');
    const endings = endingsOf(world.records.get(name) as IngestionFile);
    if (endings.some(({ outcome }) => outcome === 'completed')) completed.add(name);
  };

  /** As dispatch does in every round. */
  const handOn = () => {
    if (world.part().supplies().length === 0) return;
    for (const record of world.records.values()) for (const file of returnedOf(record)) world.supply().offer(file);
  };

  /** As dispatch does: a record goes only when its verdict is written. */
  const prune = () => {
    if (world.part().supplies().length === 0) return;
    const finished = [...world.records.values()].filter(({ status }) => status.state === 'Completed' || status.state === 'Failed');
    for (const record of finished) {
      const isHandedOn = returnedOf(record).every((file) => world.supply().offer(file));
      if (world.written.has(record.metadata.name) && isHandedOn && chance.next() < 0.5) world.prune(record.metadata.name);
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
        const hasNews = endingsOf(record).some(({ file, outcome }) => isNews(outcome, world.supply().outcome(file)));
        if (isFinished && hasNews) world.finish(record.metadata.name, state, record.status);
      }
    }
  };

  for (let step = 0; step < steps; step++) {
    for (let n = chance.int(chance.next() < 0.1 ? 1_500 : 60); n > 0; n--) upload();
    for (let n = chance.int(5); n > 0; n--) overwrite();
    for (let n = chance.int(5); n > 0; n--) putBack();
    for (let n = chance.int(200); n > 0; n--) bind();
    for (let n = chance.int(200); n > 0; n--) finish();
    handOn();
    prune();
    await happen();
    await world.clock.advance(chance.int(90_000));
  }

  world.store.break();
  const expected = () => world.store.files().filter(({ key }) => key.endsWith('.json'));
  const missing = () => expected().filter((file) => !taken.has(idOf(file)));
  for (let round = 0; round < 400 && missing().length > 0; round++) {
    for (let n = 0; n < 1_000; n++) bind();
    while (underWay.length > 0 && world.part().supplies().length > 0) finish();
    handOn();
    await world.clock.advance(30_000);
  }

  expect(missing().map(({ key }) => key)).toEqual([]);
  expect([...taken].filter(([, times]) => times > 1)).toEqual([]);
  while (underWay.length > 0 && world.part().supplies().length > 0) finish();
  await world.clock.advance(30_000);
  expect(world.segments.get(0)?.spec.head?.totals.spans, 'whoever told it how often').toBe(10 * completed.size);
  world.end();
});
