import type { Candidate, Lane, Supply } from '../api/supply.ts';
import { nextLoad } from './load.ts';
import { homeOf, roomiest } from './slots.ts';

/** The files of one record, and the worker it will be bound to. */
export type Binding = {
  readonly supply: Supply;
  readonly candidates: readonly Candidate[];
  readonly lane: Lane;
  readonly worker: string;
};

/** The part of all slots that only fresh files may take, so that a backfill does not delay today's traces. */
const FRESH_SHARE = 0.25;

export type Means = {
  /** Free slots by worker; counted down here. */
  readonly free: Map<string, number>;
  readonly slots: number;
  /** How many more records a namespace may get; counted down here. */
  readonly room: Map<string, number>;
};

/**
 * Gives free slots to the sources in turns, in the order given: fresh files first, the others as long as the reserved share stays
 * free. A slot takes one record, which is a large file or a pack of small ones.
 */
export function allot(supplies: readonly Supply[], means: Means): readonly Binding[] {
  const reserved = Math.ceil(means.slots * FRESH_SHARE);
  return [...inTurns('fresh', supplies, means, 0), ...inTurns('backlog', supplies, means, reserved)];
}

function inTurns(lane: Lane, supplies: readonly Supply[], { free, room }: Means, leave: number): Binding[] {
  const bindings: Binding[] = [];
  let waiting = supplies;
  let left = [...free.values()].reduce((sum, each) => sum + each, 0) - leave;
  while (waiting.length > 0) {
    const still: Supply[] = [];
    for (const supply of waiting) {
      const { namespace } = supply.source;
      const places = room.get(namespace) ?? 0;
      const worker = left > 0 && places > 0 ? workerFor(supply, free) : undefined;
      const candidates = worker === undefined ? [] : taken(supply, lane);
      if (worker === undefined || candidates.length === 0) continue;
      free.set(worker, (free.get(worker) ?? 0) - 1);
      room.set(namespace, places - 1);
      left--;
      bindings.push({ supply, candidates, lane, worker });
      still.push(supply);
    }
    waiting = still;
  }
  return bindings;
}

/** The worker with the most room, or that of the source's home while it has any. */
function workerFor({ home }: Supply, free: ReadonlyMap<string, number>): string | undefined {
  if (home === undefined) return roomiest(free);
  const worker = homeOf(home, [...free.keys()]);
  return worker !== undefined && (free.get(worker) ?? 0) > 0 ? worker : undefined;
}

/** The next record's worth of files. What was chosen may all be done by now. */
function taken(supply: Supply, lane: Lane): readonly Candidate[] {
  for (let load = nextLoad(supply.waiting(lane)); load.length > 0; load = nextLoad(supply.waiting(lane))) {
    const candidates = supply.take(lane, load);
    if (candidates.length > 0) return candidates;
  }
  return [];
}
