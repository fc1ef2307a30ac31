import { failureOf } from '../api/failure.ts';
import type { Log } from '../observability/logger.ts';
import type { Clock } from '../std/clock.ts';
import { type Capacity, workerSelector } from './capacity.ts';
import { isKube } from './errors.ts';
import { heartbeatTiming } from './heartbeat.ts';
import type { Lease } from './kinds.ts';
import { handLease, jittered, slept } from './lease.ts';
import { isGone, look, nothingSeen, present, type Sight, type Sightings, standing } from './liveness.ts';
import type { Resource } from './resource.ts';
import type { Tenure } from './tenure.ts';

export type RosterOptions = {
  readonly leases: Pick<Resource<Lease>, 'list' | 'update' | 'delete'>;
  readonly namespace: string;
  readonly leadership: Tenure;
  readonly pollMs?: number;
  readonly sight?: Sight;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
  /** Called after every look that changed who is there, with what, or gone. */
  readonly onChange?: () => void;
};

/** Who works, as the leader sees it. */
export type Roster = {
  /** Those that may be given files; one that is leaving has no slot. */
  readonly alive: () => readonly (Capacity & { readonly name: string })[];
  /** The files of a worker may go to others unless it is `working`: it `left` by itself, or `died` in the middle of something. */
  readonly fate: (worker: string) => 'working' | 'left' | 'died';
  readonly run: (stop: AbortSignal) => Promise<void>;
};

const POLL_MS = 5_000;
/** No worker is called so: their names end with a random part. A new leader reads from it that the worker died. */
const EVICTED = 'evicted';
/** How long the Lease of a worker that is gone stays as the word of it. */
const SWEEP_MS = 600_000;
const defaultSight: Sight = { deadMs: heartbeatTiming.deadMs, gapMs: 2 * POLL_MS, recoveryMs: heartbeatTiming.renewMs };

/**
 * Looks at all Leases of workers, by listing: a list that was answered proves that the API could be seen, while a watch that
 * says nothing may be a dead connection. Workers that are overdue are evicted: the leader takes the Lease from them, under the
 * resourceVersion seen, so that a worker that wakes up finds out, and one that has just renewed wins.
 */
export function roster(options: RosterOptions): Roster {
  const { leases, namespace, leadership, clock, log, pollMs = POLL_MS, sight = defaultSight, random = Math.random } = options;
  let seen: Sightings = nothingSeen;
  let lastLookAt: number | undefined;

  const glance = async (signal: AbortSignal): Promise<void> => {
    const startedAt = clock.monotonic();
    const found: Lease[] = [];
    for await (const page of leases.list({ namespace, labelSelector: workerSelector }, { signal, deadlineMs: 2 * pollMs, urgent: true })) {
      found.push(...page.items);
    }
    // The answer may be as old as the question, but what it shows is seen only now: the time in between ages nobody.
    const elapsedMs = lastLookAt === undefined ? 0 : startedAt - lastLookAt;
    lastLookAt = clock.monotonic();
    const before = seen;
    seen = look(before, found, elapsedMs, sight);
    try {
      for (const { metadata } of found) if (standing(seen, metadata.name, sight) === 'overdue') await evict(metadata.name, signal);
      for (const lease of found) await sweep(lease, signal);
    } finally {
      // Also where one of these writes failed: what the others did is news.
      if (digest(before) !== digest(seen)) options.onChange?.();
    }
  };

  const under = (signal: AbortSignal) => ({ signal, deadlineMs: pollMs, urgent: true, fence: leadership.assertHeld });

  const evict = async (name: string, signal: AbortSignal): Promise<void> => {
    const sighting = seen.workers.get(name);
    if (!sighting || !leadership.stillHeld()) return;
    const lease = await handLease(leases, sighting.lease, EVICTED, clock.now(), under(signal));
    if (!lease) return;
    log.warn('worker declared dead', { worker: name, silentMs: Math.round(sighting.ageMs) });
    seen = { ...seen, workers: new Map(seen.workers).set(name, { ...sighting, lease, ageMs: 0 }) };
  };

  /** The Lease of a worker that left is the word that it left; once every process had time to read it, it may go. */
  const sweep = async ({ metadata: { name, uid, resourceVersion } }: Lease, signal: AbortSignal): Promise<void> => {
    const sighting = seen.workers.get(name);
    if (!sighting || sighting.ageMs < SWEEP_MS || !isGone(standing(seen, name, sight)) || !leadership.stillHeld()) return;
    await leases.delete({ namespace, name }, { uid, resourceVersion }, under(signal)).catch((thrown) => {
      if (!isKube(thrown, 'NotFound', 'Conflict')) throw thrown;
    });
  };

  const digest = (sightings: Sightings): string =>
    JSON.stringify([
      present(sightings, sight),
      [...sightings.workers.keys()].map((name) => standing(sightings, name, sight)),
      sightings.watchedMs >= sight.deadMs,
    ]);

  return {
    alive: () => present(seen, sight),
    fate: (worker) => {
      const how = standing(seen, worker, sight);
      return how === 'left' || how === 'died' ? how : 'working';
    },
    run: async (stop) => {
      while (!stop.aborted) {
        await glance(stop).catch((thrown) => {
          if (!stop.aborted) log.warn('cannot see the workers', { failure: failureOf(thrown) });
        });
        await slept(clock, jittered(pollMs, random), stop);
      }
    },
  };
}
