import { hash } from 'node:crypto';
import { type IngestionFile, isFinished } from '../api/ingestionfile.ts';
import type { Worker } from './port.ts';

/** How many more files each worker takes. One that waits for something outside gave its slot back. */
export function freeSlots(workers: readonly Worker[], records: Iterable<IngestionFile>): Map<string, number> {
  const free = new Map(workers.map(({ name, slots, waiting }) => [name, slots + (slots > 0 ? waiting : 0)]));
  for (const record of records) {
    const { worker } = record.spec;
    const left = worker === undefined || isFinished(record.status) ? undefined : free.get(worker);
    if (worker !== undefined && left !== undefined) free.set(worker, left - 1);
  }
  return new Map([...free].map(([name, left]) => [name, Math.max(0, left)]));
}

/** The worker with the most free slots, so that files spread. */
export function roomiest(free: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  for (const [name, left] of free) if (left > 0 && left > (best === undefined ? 0 : (free.get(best) ?? 0))) best = name;
  return best;
}

/** The worker that is at home for a name: the same for every leader, and another one only where that worker goes, or comes. */
export function homeOf(name: string, workers: readonly string[]): string | undefined {
  const ranked = workers.map((worker) => ({ worker, rank: hash('sha256', `${name}\n${worker}`) }));
  return ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1))[0]?.worker;
}
