import { sleep } from '../../../src/std/sleep.ts';
import { type Players, slotOf } from '../stage.ts';

/** What happens to the processes of the operator. */
export const processes: Players<'kill' | 'pause' | 'clock' | 'upgrade'> = {
  kill: ({ slot }, stage) => slotOf(stage, slot).kill(),
  pause: ({ slot, ms }, stage) => slotOf(stage, slot).pause(ms),
  clock: async ({ slot, offMs, ms }, stage) => {
    stage.history.say(`clock of slot ${slot} is ${offMs / 60_000} min off for ${ms} ms`);
    slotOf(stage, slot).setClock(offMs);
    await sleep(ms);
    slotOf(stage, slot).setClock(0);
  },
  upgrade: async (_fault, stage) => {
    const { crew } = stage.world;
    const [build] = stage.builds.filter(({ name }) => name !== slotOf(stage, 0).build().name);
    for (const each of crew.slots) await each.replace(build);
  },
};
