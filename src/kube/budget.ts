import { failureOf } from '../api/failure.ts';
import type { Log } from '../observability/logger.ts';
import type { Clock } from '../std/clock.ts';
import type { Lease } from './kinds.ts';
import { jittered, type LeaseClient, readLease, slept } from './lease.ts';
import type { Ref } from './meta.ts';

/** Where the leader says in its Lease how many workers share the write budget. The Lease is renewed anyway: it costs no write. */
const workersAnnotation = 'spanferry.io/workers';

/**
 * This process's share of the write budget, which is one for the whole installation: half of it is divided evenly among the workers,
 * and the rest is the leader's, who creates, counts and prunes. Shares are whole numbers: no process can make half a write in a
 * second, so halves would be lost, or be too many together.
 */
export type WriteShare = {
  /** As much as this process may write in a second, at the moment. */
  readonly perSecond: () => number;
  /** Begins to lead; `workers` tells how many there are, 0 while nobody has looked. Returns the function that ends it. */
  readonly lead: (workers: () => number) => () => void;
  /** For the Lease of the leader. */
  readonly annotations: () => Readonly<Record<string, string>>;
  /** What the Lease of the leader says. */
  readonly hear: (lease: Lease) => void;
};

/** A worker that has not heard from any leader yet is careful: nothing is bound to it, so there is little to write. */
const UNHEARD = 10;
const MOST = 10_000;

/** `works` is false for a process without a worker: it writes only while it leads. */
export function writeShare(perSecond: number, works: boolean): WriteShare {
  let heard = UNHEARD;
  let team: (() => number) | undefined;
  const workers = () => team?.() || heard;

  return {
    // A process without a worker that does not lead writes nothing: what it may is nobody's loss.
    perSecond: () => {
      const each = shareOfWorker(perSecond, workers());
      return (team || !works ? perSecond - each * workers() : 0) + (works ? each : 0);
    },
    lead: (counted) => {
      team = counted;
      return () => {
        heard = workers();
        team = undefined;
      };
    },
    annotations: () => (team?.() ? { [workersAnnotation]: String(team()) } : {}),
    hear: ({ metadata }) => {
      const said = Number(metadata.annotations?.[workersAnnotation]);
      if (Number.isInteger(said) && said > 0 && said <= MOST) heard = said;
    },
  };
}

/** Less than one only where the half has fewer writes than there are workers. */
function shareOfWorker(perSecond: number, workers: number): number {
  const even = perSecond / 2 / workers;
  return even < 1 ? even : Math.floor(even);
}

export type FollowOptions = {
  readonly share: WriteShare;
  readonly leases: LeaseClient;
  readonly lease: Ref;
  readonly pollMs?: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
};

const POLL_MS = 10_000;

/** Reads the Lease of the leader now and then. While it cannot be read, the last word of the leader holds. */
export async function followShare(options: FollowOptions, stop: AbortSignal): Promise<void> {
  const { share, leases, lease: ref, pollMs = POLL_MS, clock, log, random = Math.random } = options;
  while (!stop.aborted) {
    try {
      const lease = await readLease(leases, ref, { signal: stop, deadlineMs: pollMs });
      if (lease) share.hear(lease);
    } catch (thrown) {
      if (!stop.aborted) log.warn('cannot read how many workers share the write budget', { lease: ref.name, failure: failureOf(thrown) });
    }
    await slept(clock, jittered(pollMs, random), stop);
  }
}
