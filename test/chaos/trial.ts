import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileStatus, filesOf, isFinished } from '../../src/api/ingestionfile.ts';
import { sleep } from '../../src/std/sleep.ts';
import { faults } from '../support/collector-stub.ts';
import { eventually } from '../support/eventually.ts';
import { random as randomOf } from '../support/random.ts';
import type { Build } from './crew.ts';
import { gather } from './evidence.ts';
import { keepCollecting } from './garbage.ts';
import { beginHistory, type History } from './history.ts';
import { complaintsOf, type Evidence, type Weight } from './judges.ts';
import { type Doing, type Planned, plan } from './plan.ts';
import { play } from './play.ts';
import { type Content, shelf } from './shelf.ts';
import type { Stage } from './stage.ts';
import { trueFiles } from './truth.ts';
import { bucket, manifestOf, origins, SLOTS, startWorld, type World } from './world.ts';

export type TrialOptions = {
  readonly seed: number;
  readonly ms: number;
  readonly files: number;
  /** The first one runs; rolling upgrades take the next one. */
  readonly builds: readonly [Build, ...Build[]];
  /** These kinds of faults, all where left out. */
  readonly only?: readonly Doing[] | undefined;
  readonly tell?: (line: string) => void;
};

export type Verdict = {
  /** Every broken guarantee with what broke it. */
  readonly complaints: readonly string[];
  readonly history: History;
  /** The figures of the trial in a sentence. */
  readonly summary: string;
};

/** Waiting and probing take a minute at most; everything after that is a file that hangs. */
const QUIET_MS = 180_000;
const FIRST_FILES = 0.6;
/** The first lap warms up what is kept for long; the last one is compared with it. */
const LAPS = 4;
const LAP_FILES = 60;
/** Fewer than make a pack, and than a source lets wait. */
const PUT_BACK = 18;

/** A whole trial: a world, its faults, quiet, and the judgement. */
export async function trial({ seed, ms, files: count, builds, only, tell }: TrialOptions): Promise<Verdict> {
  const random = randomOf(seed);
  const files = trueFiles(
    random,
    count,
    origins.map(({ name }) => name),
  );
  const planned = plan(random, { ms, slots: SLOTS, origins: origins.length, files: count }, only);
  const history = beginHistory(tell);
  const folder = await mkdtemp(join(tmpdir(), 'spanferry-chaos-'));
  const world = await startWorld({ history, files, build: builds[0], folder });
  const over = new AbortController();
  const collecting = keepCollecting(world, over.signal).catch(() => history.say('nobody collects garbage any more'));
  try {
    const shelves = shelf(world.s3, bucket);
    const put = (from: number, to: number) => {
      for (const file of files.slice(from, to)) shelves.put(file);
    };
    const early = Math.floor(FIRST_FILES * count);
    put(0, early);
    for (const origin of origins) await world.objects.make(manifestOf(origin, world));
    history.say(`${count} files, ${planned.length} faults`);
    const begun = history.now();
    const writers = async () => {
      for (let at = early; at < count; at += 10) {
        put(at, at + 10);
        await sleep((0.9 * ms * 10) / (count - early));
      }
    };
    await Promise.all([play(shifted(planned, begun), { world, history, files, shelf: shelves, random, builds }), writers()]);
    history.say('no more faults');
    const first = await quiet(history, world, () => gather(world, files, shelves, history));
    const stage = { world, history, files, shelf: shelves, random, builds };
    const second = complaintsOf(first).length > 0 ? first : await putBack(stage);
    const evidence = complaintsOf(second).length > 0 ? second : await laps(stage);
    return { complaints: complaintsOf(evidence), history, summary: summaryOf(evidence) };
  } finally {
    over.abort();
    await collecting;
    await world.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Files are overwritten twice while the collector takes nothing, and then the first of the two contents is put back. Whoever could not read it in between
 * must ferry it all the same.
 */
async function putBack({ world, history, files, shelf: shelves }: Stage): Promise<Evidence> {
  const { objects, receiver } = world;
  const chosen = files.filter((file) => file.writing === 'document' && !file.poisonous && shelves.current(file)).slice(0, PUT_BACK);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const over = receiver.misbehave(faults.status(503, 'sending queue is full', { 'retry-after': '1' }), released);
  history.say(`${chosen.length} files are overwritten while the collector takes nothing`);
  for (const file of chosen) shelves.overwrite(file);
  const contents = new Map(chosen.map((file) => [file.key, shelves.current(file) as Content]));
  for (const origin of origins) await objects.ask(origin, 'scan', 'put back');
  const statuses = async () =>
    (await objects.records()).flatMap(({ spec, status }) =>
      filesOf(spec).some(({ key, version }) => contents.get(key)?.etag === version) ? [status] : [],
    );
  const because = (all: readonly FileStatus[], wanted: string) => all.filter(({ reason }) => reason === wanted).length;
  // Others are just being tried, as ever one of those that wait.
  const isHeld = (all: readonly FileStatus[]) => all.length === chosen.length && because(all, 'DestinationUnavailable') > chosen.length / 2;
  await eventually(statuses, isHeld, QUIET_MS);
  for (const file of chosen) shelves.overwrite(file);
  release();
  await over;
  const unread = because(await eventually(statuses, (all) => all.every(isFinished), QUIET_MS), 'Superseded');
  if (unread === 0) throw new Error('nobody was too late for any file');
  history.say(`${unread} of them were overwritten again before they were read; all are put back`);
  for (const file of chosen) shelves.putBack(file, contents.get(file.key) as Content);
  return quiet(history, world, () => gather(world, files, shelves, history), 'back');
}

/** Nobody is killed any more: what processes hold after the same work again and again, they leak. */
async function laps({ world, history, files, shelf: shelves, random }: Stage): Promise<Evidence> {
  let before: readonly Weight[] = [];
  for (let lap = 1; ; lap++) {
    history.say(`lap ${lap}: ${LAP_FILES} files are overwritten, watches are cut`);
    for (let n = 0; n < LAP_FILES; n++) shelves.overwrite(random.pick(files));
    for (const { proxy } of world.crew.slots) proxy.inject({ do: 'cut' });
    const evidence = await quiet(history, world, () => gather(world, files, shelves, history, before), `lap ${lap}`);
    if (lap === LAPS || complaintsOf(evidence).length > 0) return evidence;
    if (lap === 1) before = evidence.weights;
  }
}

const shifted = (planned: readonly Planned[], ms: number): readonly Planned[] => planned.map(({ at, fault }) => ({ at: at + ms, fault }));

/** Lists everything once more, and waits until all is as it must be, or until it must have been so. */
async function quiet(history: History, { objects }: World, look: () => Promise<Evidence>, token = 'last'): Promise<Evidence> {
  const until = history.now() + QUIET_MS;
  for (const origin of origins) await objects.ask(origin, 'scan', token);
  for (;;) {
    const evidence = await look();
    if (complaintsOf(evidence).length === 0) {
      history.say('quiet');
      return evidence;
    }
    if (history.now() > until) return evidence;
    await sleep(2_000);
  }
}

function summaryOf({ traces, requests, disturbances, weights, before }: Evidence): string {
  const taken = requests.reduce((sum, { took }) => sum + took.size, 0);
  const distinct = new Set(requests.flatMap(({ took }) => [...took])).size;
  const held = (all: readonly Weight[]) =>
    all.map(({ handles, megabytes }) => `${handles} handles and ${Math.round(megabytes)} MB`).join(', ');
  const weight = before.length > 0 ? `${held(weights)}, after ${held(before)}` : held(weights);
  return `${traces.length} files, ${distinct} spans, ${taken - distinct} of them again, ${requests.length} requests, ${disturbances.length} disturbances; processes hold ${weight}`;
}
