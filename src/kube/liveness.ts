import { type Capacity, capacityOf } from './capacity.ts';
import type { Lease } from './kinds.ts';
import { holderOf, renewalMark } from './lease.ts';

/** What one look after another at the Leases of all workers has shown. Ages are time during which this process could see. */
export type Sightings = {
  readonly workers: ReadonlyMap<string, Sighting>;
  /** For how long there has been somebody to see anything. */
  readonly watchedMs: number;
  /** The look before came so late that this process had been blind. */
  readonly wasBlind: boolean;
};

type Sighting = {
  readonly mark: string;
  /** The Lease as last seen. */
  readonly lease: Lease;
  /** Since the last renewal was seen. */
  readonly ageMs: number;
  /** No such Lease any more. */
  readonly vanished: boolean;
};

export type Sight = {
  /** A worker is overdue when no renewal was seen for this long. */
  readonly deadMs: number;
  /** Two looks further apart than this count as if this long apart: in between this process was blind, or asleep. */
  readonly gapMs: number;
  /** After blindness every worker that was not overdue gets at least this long to renew. */
  readonly recoveryMs: number;
};

/**
 * alive: takes work. leaving: alive, drains, takes none. overdue: silent for too long, to be evicted before its files go to
 * others. left: let go by itself. died: evicted, or silent without a Lease. unseen: nobody of this name so far, and too early
 * to say that there is none.
 */
export type Standing = 'alive' | 'leaving' | 'overdue' | 'left' | 'died' | 'unseen';

/** True if a worker will never send again. */
export const isGone = (standing: Standing): boolean => standing === 'left' || standing === 'died';

/** Times `deadMs`. */
const FORGET = 20;

export const nothingSeen: Sightings = { workers: new Map(), watchedMs: 0, wasBlind: false };

/**
 * The next sightings after a complete look at all Leases, `elapsedMs` after the one before. Nothing is concluded from silence
 * between looks, so an outage of the API ages nobody: clocks advance only by what was seen, and never by more than a gap.
 */
export function look(before: Sightings, leases: readonly Lease[], elapsedMs: number, { deadMs, gapMs, recoveryMs }: Sight): Sightings {
  const credit = Math.min(elapsedMs, gapMs);
  const wasBlind = elapsedMs > gapMs;
  // Only the first late look is lenient: a process that never looks in time must still find the dead.
  const lenient = wasBlind && !before.wasBlind;
  const older = ({ ageMs }: Sighting) => (lenient && ageMs < deadMs ? Math.min(ageMs + credit, deadMs - recoveryMs) : ageMs + credit);

  const workers = new Map<string, Sighting>();
  for (const lease of leases) {
    const { name } = lease.metadata;
    const known = before.workers.get(name);
    const mark = renewalMark(lease);
    workers.set(name, { mark, lease, ageMs: known?.mark === mark ? older(known) : 0, vanished: false });
  }
  for (const [name, known] of before.workers) {
    // A Lease deleted by hand: its worker still sends for a while, and may create it anew. How a worker ended is kept for long.
    const forgotten = isGone(standingOf(known, deadMs)) && known.ageMs >= FORGET * deadMs;
    if (!workers.has(name) && !forgotten) workers.set(name, { ...known, ageMs: older(known), vanished: true });
  }
  return { workers, watchedMs: before.watchedMs + credit, wasBlind };
}

/** How it stands with a worker, also with one whose Lease nobody has seen but whose name is on a record. */
export function standing({ workers, watchedMs }: Sightings, name: string, { deadMs }: Pick<Sight, 'deadMs'>): Standing {
  const sighting = workers.get(name);
  if (sighting) return standingOf(sighting, deadMs);
  return watchedMs >= deadMs ? 'died' : 'unseen';
}

function standingOf({ lease, ageMs, vanished }: Sighting, deadMs: number): Standing {
  const holder = holderOf(lease);
  if (holder === '') return 'left';
  if (holder !== lease.metadata.name) return 'died';
  if (ageMs >= deadMs) return vanished ? 'died' : 'overdue';
  return capacityOf(lease).slots > 0 ? 'alive' : 'leaving';
}

/** The workers that can be given files, or are finishing theirs. */
export const present = ({ workers }: Sightings, { deadMs }: Pick<Sight, 'deadMs'>): readonly (Capacity & { readonly name: string })[] =>
  [...workers.entries()]
    .filter(([, sighting]) => ['alive', 'leaving'].includes(standingOf(sighting, deadMs)))
    .map(([name, { lease }]) => ({ name, ...capacityOf(lease) }));
