import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Cache, type Change, cache } from '../../../src/kube/cache.ts';
import { isKube, KubeError } from '../../../src/kube/errors.ts';
import type { ConfigMap } from '../../../src/kube/kinds.ts';
import { keyOf } from '../../../src/kube/meta.ts';
import { sleep } from '../../../src/std/sleep.ts';
import { type ControlPlane, controlPlane } from '../../support/controlplane.ts';
import { kubeClient } from '../../support/kube-client.ts';
import { type Fault, type KubeProxy, kubeProxy } from '../../support/kube-proxy.ts';
import type { Server } from '../../support/process.ts';
import { type Random, random as randomOf, seedOf } from '../../support/random.ts';

const NAMES = 400;
const WRITERS = 24;
const namespace = 'default';

let plane: ControlPlane;
let proxy: KubeProxy;

beforeAll(async () => {
  plane = await controlPlane();
  proxy = await kubeProxy(plane.rest);
});

afterAll(async () => {
  await proxy?.close();
  await plane?.stop();
});

/** 10,000 changes under 200 faults in all. */
describe('a cache behind a network that breaks in every way', () => {
  test.each([
    { initial: 'stream', changes: 8_000, faults: 160, restarts: true },
    { initial: 'pages', changes: 2_000, faults: 40, restarts: false },
  ] as const)(
    'equals a fresh list after $changes or more random changes under $faults random faults, and told each change once (initial list: $initial)',
    // What takes long is told by `soon`, not by the clock of the whole.
    { timeout: 300_000 },
    async ({ initial, changes, faults, restarts }) => {
      const seed = seedOf();
      console.log(`chaos, ${initial}: SPANFERRY_SEED=${seed}`);
      const random = randomOf(seed);
      const stop = new AbortController();
      onTestFinished(() => stop.abort());
      const troubles = new Map<string, number>();
      const copy = cache<ConfigMap>({ onTrouble: ({ kind }) => troubles.set(kind, (troubles.get(kind) ?? 0) + 1) });
      const history = bookkeeper(copy);
      const watcher = kubeClient(proxy.kubeconfig);
      const running = copy.run(
        watcher.configMaps.watch({
          namespace,
          labelSelector: `run=${initial}`,
          initial,
          pageSize: 50,
          timeoutSeconds: 1,
          silenceMs: 1_300,
          signal: stop.signal,
        }),
      );
      await soon(copy.synced, () => `there is no first list: ${copy.trouble()?.message ?? 'no trouble known'}`);

      const trick = mischief(copy, random, faults);
      const deaths = new Map(
        restarts
          ? ([
              [50, plane.apiServer],
              [100, plane.etcd],
            ] as const)
          : [],
      );
      await Promise.all([change({ label: initial, changes, random, share: trick.share }), trick.run(deaths)]);
      const truth = await listed(initial);
      await until(copy, () => same(copy, truth));
      console.log(`${initial}: ${history.told()} told, troubles ${JSON.stringify(Object.fromEntries(troubles))}`);

      expect(new Map([...copy.values()].map((object) => [keyOf(object.metadata), object]))).toEqual(truth);
      expect(history.mistakes()).toEqual([]);
      expect(history.alive()).toEqual(new Map([...truth].map(([key, { metadata }]) => [key, metadata.resourceVersion])));
      stop.abort();
      await running;
      await watcher.transport.close();
    },
  );
});

/** Follows what a cache tells and notes everything that a listener may not be told. */
function bookkeeper(copy: Cache<ConfigMap>) {
  const alive = new Map<string, { readonly uid: string; readonly version: string }>();
  const ended = new Set<string>();
  const mistakes: string[] = [];
  let told = 0;

  copy.onChange((change: Change<ConfigMap>) => {
    told += 1;
    const { uid, resourceVersion } = change.object.metadata;
    const key = keyOf(change.object.metadata);
    const known = alive.get(key);
    const wrong = (what: string) => mistakes.push(`${what}: ${key} ${uid} at ${resourceVersion}`);
    if (change.type === 'add' && known) wrong('added twice');
    if (change.type === 'add' && ended.has(uid)) wrong('risen from the dead');
    if (change.type !== 'add' && known?.uid !== uid) wrong(`${change.type} of what was never added`);
    if (change.type === 'update' && known && BigInt(known.version) >= BigInt(resourceVersion)) wrong('an old state told as new');
    if (change.type === 'delete') {
      alive.delete(key);
      ended.add(uid);
    } else {
      alive.set(key, { uid, version: resourceVersion });
    }
  });

  return {
    told: () => told,
    mistakes: () => mistakes,
    alive: () => new Map([...alive].map(([key, { version }]) => [key, version])),
  };
}

const tricks: readonly Fault[] = [
  { do: 'cut' },
  { do: 'cut' },
  { do: 'cut' },
  { do: 'half-open' },
  { do: 'delay', ms: 300 },
  { do: 'corrupt' },
  { do: 'corrupt' },
  { do: 'expire' },
  { do: 'expire' },
  { do: 'answer', code: 410 },
  { do: 'answer', code: 429, retryAfterSeconds: 1 },
  { do: 'answer', code: 500 },
  { do: 'truncate' },
  { do: 'truncate' },
  { do: 'away', ms: 200 },
];

/** One fault after the other, each as soon as the watch has told something again; in between, deaths of servers and of history. */
function mischief(copy: Cache<ConfigMap>, random: Random, faults: number) {
  let done = 0;
  const run = async (deaths: ReadonlyMap<number, Server>): Promise<void> => {
    while (done < faults) {
      const dying = deaths.get(done);
      if (dying) await revive(dying);
      if (done % 25 === 0) await plane.etcd.compact();
      const trick = random.pick(tricks);
      const before = proxy.opened();
      const recovered = told(copy, () => proxy.opened() > before || trick.do === 'delay');
      proxy.inject(trick);
      await soon(
        recovered,
        () => `after fault ${done + 1} (${trick.do}) the watch tells nothing: ${copy.trouble()?.message ?? 'no trouble known'}`,
      );
      // Only now: changes go on until the last fault is over, or there would be nothing left to tell after it.
      done += 1;
    }
  };
  return { run, share: () => done / faults };
}

/** Nothing here takes long, so what does is told by name instead of by the clock of the whole test. */
async function soon<T>(work: Promise<T>, what: () => string): Promise<T> {
  const over = new AbortController();
  const late = sleep(40_000, over.signal).then(() => {
    throw new Error(what());
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    late.catch(() => {});
  }
}

/** Resolves at a change that the cache tells while `condition` holds. */
function told(copy: Cache<ConfigMap>, condition: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const off = copy.onChange(() => condition() && resolve());
  return promise.finally(off);
}

async function revive(server: Server): Promise<void> {
  await server.kill();
  await server.start();
}

type Changing = {
  readonly label: string;
  readonly changes: number;
  readonly random: Random;
  readonly share: () => number;
};

/** Creates, updates and deletes at random, a little ahead of the faults; each writer has names of its own, so it knows what should be there. */
async function change({ label, changes, random, share }: Changing): Promise<void> {
  const { configMaps, transport } = kubeClient(plane.kubeconfig);
  let done = 0;

  const one = async (name: string): Promise<void> => {
    const ref = { namespace, name };
    const data = { value: String(random.int(1_000_000)) };
    const there = await configMaps.get(ref).catch((error) => (isKube(error, 'NotFound') ? undefined : Promise.reject(error)));
    if (!there) await configMaps.create({ metadata: { ...ref, labels: { run: label } }, data });
    else if (random.next() < 0.25) await configMaps.delete(ref, { uid: there.metadata.uid });
    else await configMaps.update({ ...there, data });
  };

  const writer = async (number: number): Promise<void> => {
    while (done < changes || share() < 1) {
      // Ahead of the faults it only trickles, so that there is always something to tell.
      if (done / changes > share()) await sleep(150);
      done += 1;
      await one(`${label}-${number}-${random.int(Math.ceil(NAMES / WRITERS))}`).catch(untilUp);
    }
  };

  await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
  await transport.close();
}

/** While the control plane is down a change may or may not have happened; the next one looks first. */
async function untilUp(error: unknown): Promise<void> {
  if (!(error instanceof KubeError)) throw error;
  await sleep(100);
}

async function listed(label: string): Promise<Map<string, ConfigMap>> {
  const { configMaps, transport } = kubeClient(plane.kubeconfig);
  const all = new Map<string, ConfigMap>();
  for await (const { items } of configMaps.list({ namespace, labelSelector: `run=${label}` })) {
    for (const object of items) all.set(keyOf(object.metadata), object);
  }
  await transport.close();
  return all;
}

function same(copy: Cache<ConfigMap>, truth: ReadonlyMap<string, ConfigMap>): boolean {
  if (copy.size() !== truth.size) return false;
  return [...truth].every(([key, { metadata }]) => copy.get(key)?.metadata.resourceVersion === metadata.resourceVersion);
}

/** Waits for a change after which `condition` holds. */
async function until(copy: Cache<ConfigMap>, condition: () => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const limit = setTimeout(
    () => reject(new Error(`the cache still differs after 20 s: ${copy.trouble()?.message ?? 'no trouble known'}`)),
    20_000,
  );
  const off = copy.onChange(() => condition() && resolve());
  if (condition()) resolve();
  await promise.finally(() => clearTimeout(limit));
  off();
}
