import { sleep } from '../../src/std/sleep.ts';
import type { Doing, Fault, Planned } from './plan.ts';
import { api } from './players/api.ts';
import { people } from './players/people.ts';
import { processes } from './players/processes.ts';
import { servers } from './players/servers.ts';
import type { Players, Stage } from './stage.ts';

const players: Players = { ...processes, ...api, ...servers, ...people };

/** Lets a plan happen. Resolves when the last fault is over. */
export async function play(planned: readonly Planned[], stage: Stage): Promise<void> {
  const underWay = planned.map(async ({ at, fault }) => {
    await sleep(Math.max(0, at - stage.history.now()));
    await happen(fault, stage);
  });
  await Promise.all(underWay);
  stage.world.s3.clearFaults();
}

const happen = <D extends Doing>(fault: Extract<Fault, { do: D }>, stage: Stage): Promise<void> | void =>
  (players[fault.do as D] as Players<D>[D])(fault, stage);
