import type { Candidate, Lane, Supply } from './port.ts';
import { homeOf, roomiest } from './slots.ts';

/** A file and the worker it will be bound to. */
export type Binding = { readonly supply: Supply; readonly candidate: Candidate; readonly lane: Lane; readonly worker: string };

/** The part of all slots that only fresh files may take, so that a backfill does not delay today's traces. */
const FRESH_SHARE = 0.25;

export type Means = {
  /** Workers that take files at all. */
  readonly workers: readonly string[];
  /** Free slots by worker; counted down here. */
  readonly free: Map<string, number>;
  readonly slots: number;
  /** How many more records a namespace may get; counted down here. */
  readonly room: Map<string, number>;
};

/**
 * Gives free slots to the sources in turns, in the order given: fresh files first, the others as long as the reserved share stays
 * free.
 */
export function allot(supplies: readonly Supply[], means: Means): readonly Binding[] {
  const reserved = Math.ceil(means.slots * FRESH_SHARE);
  return [...inTurns('fresh', supplies, means, 0), ...inTurns('backlog', supplies, means, reserved)];
}

function inTurns(lane: Lane, supplies: readonly Supply[], { free, room, workers }: Means, leave: number): Binding[] {
  const bindings: Binding[] = [];
  let waiting = supplies;
  let left = [...free.values()].reduce((sum, each) => sum + each, 0) - leave;
  while (waiting.length > 0) {
    const still: Supply[] = [];
    for (const supply of waiting) {
      const { namespace } = supply.source;
      const places = room.get(namespace) ?? 0;
      const worker = left > 0 && places > 0 ? workerFor(supply, free, workers) : undefined;
      const candidate = worker === undefined ? undefined : supply.take(lane);
      if (worker === undefined || candidate === undefined) continue;
      free.set(worker, (free.get(worker) ?? 0) - 1);
      room.set(namespace, places - 1);
      left--;
      bindings.push({ supply, candidate, lane, worker });
      still.push(supply);
    }
    waiting = still;
  }
  return bindings;
}

/** The worker with the most room, or that of the source's home while it has any. */
function workerFor({ home }: Supply, free: ReadonlyMap<string, number>, workers: readonly string[]): string | undefined {
  if (home === undefined) return roomiest(free);
  const worker = homeOf(home, workers);
  return worker !== undefined && (free.get(worker) ?? 0) > 0 ? worker : undefined;
}
