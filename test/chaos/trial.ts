import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../src/std/sleep.ts';
import { random as randomOf } from '../support/random.ts';
import type { Build } from './crew.ts';
import { gather } from './evidence.ts';
import { beginHistory, type History } from './history.ts';
import { complaintsOf, type Evidence } from './judges.ts';
import { type Doing, type Planned, plan } from './plan.ts';
import { play } from './play.ts';
import { shelf } from './shelf.ts';
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
  try {
    const shelves = shelf(world.s3, bucket);
    const put = (from: number, to: number) => {
      for (const file of files.slice(from, to)) shelves.put(file);
    };
    const first = Math.floor(FIRST_FILES * count);
    put(0, first);
    for (const origin of origins) await world.objects.make(manifestOf(origin, world));
    history.say(`${count} files, ${planned.length} faults`);
    const begun = history.now();
    const writers = async () => {
      for (let at = first; at < count; at += 10) {
        put(at, at + 10);
        await sleep((0.9 * ms * 10) / (count - first));
      }
    };
    await Promise.all([play(shifted(planned, begun), { world, history, files, shelf: shelves, random, builds }), writers()]);
    history.say('no more faults');
    const evidence = await quiet(history, world, () => gather(world, files, shelves, history));
    return { complaints: complaintsOf(evidence), history, summary: summaryOf(evidence) };
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const shifted = (planned: readonly Planned[], ms: number): readonly Planned[] => planned.map(({ at, fault }) => ({ at: at + ms, fault }));

/** Lists everything once more, and waits until all is as it must be, or until it must have been so. */
async function quiet(history: History, { objects }: World, look: () => Promise<Evidence>): Promise<Evidence> {
  const until = history.now() + QUIET_MS;
  for (const origin of origins) await objects.ask(origin, 'scan', 'last');
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

function summaryOf({ traces, requests, disturbances, weights }: Evidence): string {
  const taken = requests.reduce((sum, { took }) => sum + took.size, 0);
  const distinct = new Set(requests.flatMap(({ took }) => [...took])).size;
  const weight = weights.map(({ handles, megabytes }) => `${handles} handles and ${Math.round(megabytes)} MB`).join(', ');
  return `${traces.length} files, ${distinct} spans, ${taken - distinct} of them again, ${requests.length} requests, ${disturbances.length} disturbances; processes hold ${weight}`;
}
