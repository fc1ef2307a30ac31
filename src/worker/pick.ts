import { filesOf, type IngestionFile } from '../api/ingestionfile.ts';

/** What stands between a record and its start. */
export type Hindrance = 'finished' | 'running' | 'waiting';

export type Choice = {
  /** In the order in which they should start. */
  readonly start: readonly IngestionFile[];
  /** Bound here, unfinished, and held up by something outside: they hold no slot. */
  readonly waiting: number;
};

/** A worker died with this file: it travels alone. */
export const isSuspect = ({ status }: IngestionFile): boolean => (status.workersLost ?? 0) > 0;

/**
 * Which of the worker's files start now. Suspects come first and alone: while one is to start or under way, nothing else
 * starts, so that only the guilty file dies with the worker.
 */
export function pick(
  mine: Iterable<IngestionFile>,
  running: readonly IngestionFile[],
  concurrency: number,
  hindrance: (record: IngestionFile) => Hindrance | undefined,
): Choice {
  let waiting = 0;
  const able: IngestionFile[] = [];
  for (const record of mine) {
    const why = hindrance(record);
    if (why === 'waiting') waiting++;
    else if (why === undefined) able.push(record);
  }
  const suspect = able.find(isSuspect);
  if (running.some(isSuspect)) return { start: [], waiting };
  if (suspect) return { start: running.length === 0 ? [suspect] : [], waiting };
  const newestFirst = able.sort((a, b) => modified(b) - modified(a));
  return { start: newestFirst.slice(0, Math.max(0, concurrency - running.length)), waiting };
}

/** The files of a pack came one after the other: the first one stands for all. */
const modified = ({ spec }: IngestionFile): number => Date.parse(filesOf(spec)[0]?.modifiedTime ?? '');
