import { failureOf } from '../api/failure.ts';
import type { Log } from '../observability/logger.ts';
import type { Clock } from '../std/clock.ts';
import { type Capacity, workerSelector } from './capacity.ts';
import { isKube } from './errors.ts';
import { heartbeatTiming } from './heartbeat.ts';
import type { Lease } from './kinds.ts';
import { jittered, releaseLease, slept } from './lease.ts';
import { look, nothingSeen, present, type Sight, type Sightings, type Standing, standing } from './liveness.ts';
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
  /** Alive or leaving (then with no slot). */
  readonly workers: () => readonly (Capacity & { readonly name: string })[];
  /** The files of a worker may go to others only when this says `gone`. */
  readonly standing: (worker: string) => Standing;
  readonly run: (stop: AbortSignal) => Promise<void>;
};

const POLL_MS = 5_000;
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
    for (const { metadata } of found) if (standing(seen, metadata.name, sight) === 'overdue') await evict(metadata.name, signal);
    for (const lease of found) await sweep(lease, signal);
    if (digest(before) !== digest(seen)) options.onChange?.();
  };

  const evict = async (name: string, signal: AbortSignal): Promise<void> => {
    const sighting = seen.workers.get(name);
    if (!sighting || !leadership.stillHeld()) return;
    const lease = await releaseLease(leases, sighting.lease, clock.now(), { signal, deadlineMs: pollMs });
    if (!lease) return;
    log.warn('worker declared dead', { worker: name, silentMs: Math.round(sighting.ageMs) });
    seen = { ...seen, workers: new Map(seen.workers).set(name, { ...sighting, lease, ageMs: 0 }) };
  };

  /** The Lease of a worker that left is the word that it left; once every process had time to read it, it may go. */
  const sweep = async ({ metadata: { name, uid, resourceVersion } }: Lease, signal: AbortSignal): Promise<void> => {
    const sighting = seen.workers.get(name);
    if (!sighting || sighting.ageMs < 2 * sight.deadMs || standing(seen, name, sight) !== 'gone' || !leadership.stillHeld()) return;
    await leases.delete({ namespace, name }, { uid, resourceVersion }, { signal, deadlineMs: pollMs }).catch((thrown) => {
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
    workers: () => present(seen, sight),
    standing: (worker) => standing(seen, worker, sight),
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
