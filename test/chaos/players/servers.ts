import { sleep } from '../../../src/std/sleep.ts';
import { moodOf } from '../receiver.ts';
import type { Players } from '../stage.ts';

/** A collector in trouble strikes this share of the requests where it does not strike all. */
const SOME = 0.3;

/** What happens to the bucket, to what lies in it, and to the collector. */
export const servers: Players<'store' | 'store away' | 'overwrite' | 'remove' | 'collector'> = {
  store: ({ kind, times }, { world, history }) => {
    history.say(`the bucket: ${kind}, ${times} times`);
    world.s3.fault({ kind, times });
  },
  'store away': async ({ ms }, { world, history }) => {
    history.say(`the bucket is away for ${ms} ms`);
    world.s3.fault({ kind: 'reset' });
    await sleep(ms);
    world.s3.clearFaults();
  },
  overwrite: ({ file }, { shelf, files, history }) => {
    if (shelf.overwrite(files[file]!)) history.say(`${files[file]?.key} is overwritten`);
  },
  remove: ({ file }, { shelf, files, history }) => {
    if (shelf.remove(files[file]!)) history.say(`${files[file]?.key} is removed from the bucket`);
  },
  collector: ({ mood, ms }, { world, history, random }) => {
    history.say(`the collector is ${mood} for ${ms} ms`);
    return world.receiver.misbehave(
      moodOf(mood, () => random.next() < SOME),
      sleep(ms),
    );
  },
};
