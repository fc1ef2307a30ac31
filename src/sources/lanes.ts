import type { Candidate, FileKey, Lane } from '../api/supply.ts';

/** As many candidates of a lane are kept at most: four packs, so that memory stays small and dispatch seldom waits. */
const MOST = 1_024;

/** Nobody takes longer to create a record; a file that was taken so long ago and has none is offered again. */
const FORGOTTEN_MS = 60_000;

/** Files that wait to be taken by dispatch: one short queue per lane. */
export type Lanes = {
  /** False where the lane is full. A file that is in it already is not added twice. */
  readonly offer: (candidate: Candidate, lane: Lane) => boolean;
  /** Resolves when a full lane has emptied by half, or rejects with the signal's reason. */
  readonly room: (lane: Lane, signal: AbortSignal) => Promise<void>;
  /** The files of a lane in their order. A view. */
  readonly waiting: (lane: Lane) => readonly Candidate[];
  /** Takes files out of a lane, and returns those that are still wanted. */
  readonly take: (lane: Lane, chosen: readonly Candidate[]) => readonly Candidate[];
  readonly giveBack: (candidates: readonly Candidate[], lane: Lane) => void;
  /** The candidate that this file is in a lane; undefined where it is in none. */
  readonly queued: (file: FileKey) => Candidate | undefined;
  /** Was this file taken so short a time ago that its record may still be on its way? */
  readonly isTaken: (file: FileKey) => boolean;
  /** How many were taken and have no record yet. */
  readonly taken: () => number;
  /** The record of a file that was taken is there. */
  readonly seen: (file: FileKey) => void;
  readonly clear: () => void;
  readonly size: () => number;
};

export type LanesOptions = {
  /** Asked at the last moment: is the file still neither done nor under way? */
  readonly isWanted: (candidate: Candidate) => boolean;
  /** Monotonic. */
  readonly now: () => number;
  /** Told when a lane is no longer empty. */
  readonly onOffer: () => void;
};

/** Asked for every object of a listing, so nothing is hashed for it. */
const idOf = ({ key, version }: FileKey): string => `${version}\n${key}`;

export function lanes({ isWanted, now, onOffer }: LanesOptions): Lanes {
  const queues: Record<Lane, Candidate[]> = { fresh: [], backlog: [] };
  const queued = new Map<string, Candidate>();
  const taken = new Map<string, number>();
  const waiters = new Set<{ readonly lane: Lane; readonly go: () => void }>();

  const add = (candidate: Candidate, lane: Lane): void => {
    const id = idOf(candidate);
    if (queued.has(id)) return;
    queued.set(id, candidate);
    if (queues[lane].push(candidate) === 1) onOffer();
  };

  const wakeWaiters = (lane: Lane): void => {
    if (queues[lane].length > MOST / 2) return;
    for (const waiter of waiters) if (waiter.lane === lane) waiter.go();
  };

  const wasJustTaken = (file: FileKey): boolean => {
    if (taken.size === 0) return false;
    const id = idOf(file);
    const at = taken.get(id);
    if (at === undefined) return false;
    if (now() - at < FORGOTTEN_MS) return true;
    taken.delete(id);
    return false;
  };

  const take = (lane: Lane, chosen: readonly Candidate[]): readonly Candidate[] => {
    const going = new Set(chosen);
    const wanted = queues[lane].filter((candidate) => going.has(candidate) && !wasJustTaken(candidate) && isWanted(candidate));
    queues[lane] = queues[lane].filter((candidate) => !going.has(candidate));
    for (const candidate of chosen) queued.delete(idOf(candidate));
    for (const candidate of wanted) taken.set(idOf(candidate), now());
    wakeWaiters(lane);
    return wanted;
  };

  const room = (lane: Lane, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (queues[lane].length < MOST) return resolve();
      const end = (then: () => void) => {
        waiters.delete(waiter);
        signal.removeEventListener('abort', onAbort);
        then();
      };
      const onAbort = () => end(() => reject(signal.reason));
      const waiter = { lane, go: () => end(resolve) };
      waiters.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });

  return {
    offer: (candidate, lane) => {
      if (queued.has(idOf(candidate))) return true;
      if (queues[lane].length >= MOST) return false;
      add(candidate, lane);
      return true;
    },
    room,
    waiting: (lane) => queues[lane],
    take,
    // To the end of the queue: a file that cannot be bound must not hold up the others.
    giveBack: (candidates, lane) => {
      for (const candidate of candidates) {
        taken.delete(idOf(candidate));
        add(candidate, lane);
      }
    },
    // Mostly none waits, and nothing need be made of a file to know that.
    queued: (file) => (queued.size === 0 ? undefined : queued.get(idOf(file))),
    isTaken: wasJustTaken,
    taken: () => [...taken.values()].filter((at) => now() - at < FORGOTTEN_MS).length,
    seen: (file) => void taken.delete(idOf(file)),
    clear: () => {
      for (const queue of Object.values(queues)) queue.length = 0;
      queued.clear();
      for (const { go } of waiters) go();
    },
    size: () => queued.size,
  };
}
