import { sleep } from '../../../src/std/sleep.ts';
import type { Meddling } from '../../support/kube-proxy.ts';
import { type Players, type Stage, slotOf } from '../stage.ts';

/** What happens on the way to the API server, and to the server itself. */
export const api: Players<'cut off' | 'api answers' | 'api answers lost' | 'watch' | 'api restart' | 'compact'> = {
  'cut off': async ({ slot, ms }, stage) => {
    const end = stage.history.disturb(`slot ${slot} cannot reach the API server for ${ms} ms`, { slot });
    slotOf(stage, slot).proxy.inject({ do: 'away', ms });
    await sleep(ms);
    end();
  },
  'api answers': ({ slot, code, share, ms }, stage) => {
    stage.history.say(`the API server answers ${code} to ${100 * share} % of slot ${slot} for ${ms} ms`);
    const isStruck = (method: string) => stage.random.next() < share && (code !== 409 || method !== 'GET');
    return meddled(stage, slot, ms, ({ method }) => (isStruck(method) ? { code } : undefined));
  },
  'api answers lost': ({ slot, share, ms }, stage) => {
    stage.history.say(`answers to ${100 * share} % of the writes of slot ${slot} are lost for ${ms} ms`);
    return meddled(stage, slot, ms, ({ method }) => (method !== 'GET' && stage.random.next() < share ? 'answer lost' : undefined));
  },
  watch: ({ slot, trick }, stage) => {
    stage.history.say(`watches of slot ${slot}: ${trick}`);
    slotOf(stage, slot).proxy.inject({ do: trick });
  },
  'api restart': ({ etcd, ms }, { world, history }) =>
    oneAtATime(async () => {
      const server = etcd ? world.plane.etcd : world.plane.apiServer;
      const end = history.disturb(`kill -9 of ${etcd ? 'etcd' : 'the API server'}, away for ${ms} ms`);
      await server.kill();
      await sleep(ms);
      await server.start();
      end();
    }),
  compact: async (_fault, { world, history }) => {
    history.say('etcd forgets its history');
    // It may be away just now.
    await world.plane.etcd.compact().catch(() => {});
  },
};

async function meddled(stage: Stage, slot: number, ms: number, meddling: Meddling): Promise<void> {
  const { proxy } = slotOf(stage, slot);
  proxy.meddle(meddling);
  await sleep(ms);
  proxy.meddle(undefined);
}

let restarts: Promise<unknown> = Promise.resolve();

/** A server that is started twice would not be there at all. */
function oneAtATime(act: () => Promise<void>): Promise<void> {
  const turn = restarts.then(act);
  restarts = turn.catch(() => {});
  return turn;
}
