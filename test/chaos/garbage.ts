import { ownerOf } from '../../src/api/ingestionfile.ts';
import { sleep } from '../../src/std/sleep.ts';
import type { World } from './world.ts';

const EVERY_MS = 5_000;

type Place = Pick<World, 'objects'>;

/**
 * Does what the garbage collector of a cluster does, which a bare API server lacks: records whose source is no more go, also those that a
 * leader made before it heard of its end.
 */
export async function keepCollecting(place: Place, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await collectGarbage(place);
    await sleep(EVERY_MS, stop).catch(() => {});
  }
}

/** The same, once. */
export async function collectGarbage({ objects }: Place): Promise<void> {
  // Records first: the source of each is older, so it is in the list that follows, unless it is gone.
  const records = await objects.records();
  const sources = new Set((await objects.sources()).map(({ metadata }) => metadata.uid));
  for (const record of records) {
    const owner = ownerOf(record);
    if (owner !== undefined && !sources.has(owner)) await objects.remove('ingestionfiles', record);
  }
}
