import { filesOf } from '../../src/api/ingestionfile.ts';
import { sleep } from '../../src/std/sleep.ts';
import type { Random } from '../support/random.ts';
import type { Build } from './crew.ts';
import type { History } from './history.ts';
import { makeAnew, restore, rotateKeys, rotateToken } from './people.ts';
import type { Fault, Planned } from './plan.ts';
import { moodOf } from './receiver.ts';
import type { Shelf } from './shelf.ts';
import type { TrueFile } from './truth.ts';
import { type Origin, origins, type World } from './world.ts';

export type Stage = {
  readonly world: World;
  readonly history: History;
  readonly files: readonly TrueFile[];
  readonly shelf: Shelf;
  readonly random: Random;
  /** Taken in turns by rolling upgrades. */
  readonly builds: readonly Build[];
};

/** Lets a plan happen. Resolves when the last fault is over. */
export async function play(planned: readonly Planned[], stage: Stage): Promise<void> {
  const underWay = planned.map(async ({ at, fault }) => {
    await sleep(Math.max(0, at - stage.history.now()));
    await happen(fault, stage);
  });
  await Promise.all(underWay);
  stage.world.s3.clearFaults();
}

/** One fault, from its beginning to its end. */
async function happen(fault: Fault, stage: Stage): Promise<void> {
  const { world, history, files, shelf, random } = stage;
  const { crew, plane, s3, receiver, objects } = world;
  const slot = (index: number) => crew.slots[index % crew.slots.length]!;
  const origin = (index: number): Origin => origins[index % origins.length]!;
  const some = (share: number) => () => random.next() < share;

  switch (fault.do) {
    case 'kill':
      return slot(fault.slot).kill();
    case 'pause':
      return slot(fault.slot).pause(fault.ms);
    case 'clock':
      history.say(`clock of slot ${fault.slot} is ${fault.offMs / 60_000} min off for ${fault.ms} ms`);
      slot(fault.slot).setClock(fault.offMs);
      await sleep(fault.ms);
      return slot(fault.slot).setClock(0);
    case 'upgrade': {
      const [build] = stage.builds.filter(({ name }) => name !== slot(0).build().name);
      for (const each of crew.slots) await each.replace(build);
      return;
    }
    case 'cut off': {
      const end = history.disturb(`slot ${fault.slot} cannot reach the API server for ${fault.ms} ms`, { slot: fault.slot });
      slot(fault.slot).proxy.inject({ do: 'away', ms: fault.ms });
      await sleep(fault.ms);
      return end();
    }
    case 'api answers':
      history.say(`the API server answers ${fault.code} to ${100 * fault.share} % of slot ${fault.slot} for ${fault.ms} ms`);
      return meddled(slot(fault.slot).proxy, fault.ms, ({ method }) =>
        random.next() < fault.share && (fault.code !== 409 || method !== 'GET') ? { code: fault.code } : undefined,
      );
    case 'api answers lost':
      history.say(`answers to ${100 * fault.share} % of the writes of slot ${fault.slot} are lost for ${fault.ms} ms`);
      return meddled(slot(fault.slot).proxy, fault.ms, ({ method }) =>
        method !== 'GET' && random.next() < fault.share ? 'answer lost' : undefined,
      );
    case 'watch':
      history.say(`watches of slot ${fault.slot}: ${fault.trick}`);
      return slot(fault.slot).proxy.inject({ do: fault.trick });
    case 'api restart': {
      const server = fault.etcd ? plane.etcd : plane.apiServer;
      const end = history.disturb(`kill -9 of ${fault.etcd ? 'etcd' : 'the API server'}, away for ${fault.ms} ms`);
      await server.kill();
      await sleep(fault.ms);
      await server.start();
      return end();
    }
    case 'compact':
      history.say('etcd forgets its history');
      return plane.etcd.compact().catch(() => {});
    case 'store':
      history.say(`the bucket: ${fault.kind}, ${fault.times} times`);
      return s3.fault({ kind: fault.kind, times: fault.times });
    case 'store away':
      history.say(`the bucket is away for ${fault.ms} ms`);
      s3.fault({ kind: 'reset' });
      await sleep(fault.ms);
      return s3.clearFaults();
    case 'overwrite':
      if (shelf.overwrite(files[fault.file]!)) history.say(`${files[fault.file]?.key} is overwritten`);
      return;
    case 'remove':
      if (shelf.remove(files[fault.file]!)) history.say(`${files[fault.file]?.key} is removed from the bucket`);
      return;
    case 'collector':
      history.say(`the collector is ${fault.mood} for ${fault.ms} ms`);
      return receiver.misbehave(moodOf(fault.mood, some(0.3)), sleep(fault.ms));
    case 'suspend':
      history.say(`${origin(fault.origin).name} is suspended for ${fault.ms} ms`);
      await objects.edit(origin(fault.origin), { suspend: true });
      await sleep(fault.ms);
      return objects.edit(origin(fault.origin), { suspend: false });
    case 'edit':
      history.say(`${origin(fault.origin).name} is edited`);
      return objects.edit(origin(fault.origin), { description: `as of ${history.now()} ms` });
    case 'move destination': {
      const named = origins.find(({ destination }) => destination !== undefined)!;
      history.disturb(`${named.name} gets another destination`, { source: named.name })();
      return objects.edit(named, { destination: { endpoint: `${receiver.url}/named/${history.now()}` } });
    }
    case 'rotate keys':
      return rotateKeys(stage);
    case 'rotate token':
      return rotateToken(stage, fault.ms);
    case 'delete records': {
      const doomed = (await objects.records()).filter(some(fault.share));
      history.say(`somebody deletes ${doomed.length} records`);
      for (const record of doomed) {
        for (const { key: deleted } of record.status.completionTime === undefined ? filesOf(record.spec) : []) {
          const file = files.find(({ key }) => key === deleted);
          history.disturb(`the record of ${deleted} is deleted`, { ...(file && { file: file.number }) })();
        }
        await objects.remove('ingestionfiles', record);
      }
      return;
    }
    case 'retry failed':
      history.say(`retry-failed at ${origin(fault.origin).name}`);
      return objects.ask(origin(fault.origin), 'retryFailed', `at ${history.now()}`);
    case 'make anew':
      return makeAnew(origin(fault.origin), stage);
    case 'restore':
      return restore(fault.ms, stage);
    default:
      fault satisfies never;
  }
}

async function meddled(
  proxy: World['crew']['slots'][number]['proxy'],
  ms: number,
  meddling: Parameters<typeof proxy.meddle>[0],
): Promise<void> {
  proxy.meddle(meddling);
  await sleep(ms);
  proxy.meddle(undefined);
}
