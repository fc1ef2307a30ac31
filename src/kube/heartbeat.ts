import { fail, failureOf } from '../api/failure.ts';
import type { Log } from '../observability/logger.ts';
import type { Clock } from '../std/clock.ts';
import { type Capacity, capacityAnnotation, capacityText, workerLabels } from './capacity.ts';
import type { Lease } from './kinds.ts';
import { type Claim, claimLease, createLease, holderOf, type LeaseClient, readLease, releaseLease, slept } from './lease.ts';
import type { OwnerReference } from './meta.ts';
import { type HeldTenure, type Tenure, tenure } from './tenure.ts';

export type HeartbeatTiming = {
  readonly renewMs: number;
  /** Time between two attempts while renewing fails. */
  readonly retryMs: number;
  /** The right to send ends this long after the last successful renewal was sent. */
  readonly sendMs: number;
  /** The leader may give the files of a worker to others this long after it last saw a renewal. */
  readonly deadMs: number;
};

export const heartbeatTiming: HeartbeatTiming = { renewMs: 10_000, retryMs: 2_000, sendMs: 20_000, deadMs: 30_000 };

export type HeartbeatOptions = {
  readonly leases: LeaseClient;
  readonly namespace: string;
  /** Name of this start of this process, and of its Lease: see `workerName`. */
  readonly worker: string;
  /** Asked at every renewal. */
  readonly capacity: () => Capacity;
  /** What the Lease goes with: the Deployment, never the pod, because a Lease has to say of its worker that it left. */
  readonly owner?: OwnerReference;
  readonly timing?: HeartbeatTiming;
  readonly clock: Clock;
  readonly log: Log;
};

export type Heartbeat = {
  readonly worker: string;
  /** True while nobody else may ferry this worker's files. To be asked right before each request to a destination. */
  readonly canSend: () => boolean;
  /**
   * The right to send as it is now. When it ends, what is under way must be given up: by the time a new one begins, the files
   * may belong to another worker, so they are looked up anew.
   */
  readonly tenure: () => Tenure | undefined;
  /** Renews soon, because capacity changed. */
  readonly publish: () => void;
  /** Resolves with the first renewal. */
  readonly started: Promise<void>;
  /** Renews until `stop`, then releases. Rejects with `LeaseLost` if this worker was declared dead: only a new start is a new worker. */
  readonly run: (stop: AbortSignal) => Promise<void>;
};

/** Renewals are no closer together than this, however often capacity changes. */
const PUBLISH_MS = 1_000;

/** "spanferry-7d9f-x2x4p-k3f9a": the pod's name and a random part, because a process that starts again is a new worker. */
export function workerName(host: string, random: () => number = Math.random): string {
  const base = host
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 50)
    .replace(/-+$/, '');
  const suffix = Array.from({ length: 6 }, () => Math.floor(random() * 36).toString(36)).join('');
  return `${base || 'worker'}-${suffix}`;
}

/** The sign of life of this worker. */
export function heartbeat(options: HeartbeatOptions): Heartbeat {
  const { leases, worker, clock, log, namespace, owner, timing = heartbeatTiming } = options;
  const ref = { namespace, name: worker };
  let lease: Lease | undefined;
  let held: HeldTenure | undefined;
  let nudge = new AbortController();
  const first = Promise.withResolvers<void>();

  const claim = (): Claim => ({
    holder: worker,
    durationMs: timing.deadMs,
    labels: workerLabels,
    annotations: { [capacityAnnotation]: capacityText(options.capacity()) },
  });

  /** True if this worker may send: a renewal reached the server, and in time. */
  const beat = async (signal: AbortSignal): Promise<boolean> => {
    // What changes from here on is not in this renewal and asks for another one.
    nudge = new AbortController();
    const sentAt = clock.monotonic();
    const call = { signal, deadlineMs: timing.sendMs / 4 };
    const metadata = { ...ref, ...(owner ? { ownerReferences: [owner] } : {}) };
    const next = lease
      ? await claimLease(leases, lease, claim(), clock.now(), call)
      : await createLease(leases, metadata, claim(), clock.now(), call);
    if (!next) {
      lease = await reread(signal);
      return false;
    }
    lease = next;
    if (!held?.renewed(sentAt)) begin(sentAt);
    return held?.stillHeld() ?? false;
  };

  const begin = (sentAt: number): void => {
    const fresh = tenure(clock, timing.sendMs, sentAt);
    if (!fresh.stillHeld()) return;
    log.info(held ? 'may send again' : 'may send', { worker });
    fresh.signal.addEventListener(
      'abort',
      () => log.warn('may not send any more', { worker, because: failureOf(fresh.signal.reason).message }),
      {
        once: true,
      },
    );
    held = fresh;
    first.resolve();
  };

  /** Somebody else wrote the Lease. As long as it still names this worker that does not matter. */
  const reread = async (signal: AbortSignal): Promise<Lease | undefined> => {
    const current = await readLease(leases, ref, { signal, deadlineMs: timing.sendMs / 4 });
    if (current && holderOf(current) === worker) return current;
    // Deleted by hand: as long as the right to send lasts, no leader can have taken the files away.
    if (!current && held?.stillHeld()) return undefined;
    held?.end('declared dead');
    return fail('LeaseLost', `worker ${worker} was declared dead`);
  };

  const run = async (stop: AbortSignal): Promise<void> => {
    try {
      while (!stop.aborted) {
        const renewed = await beat(stop).catch((thrown) => {
          if (failureOf(thrown).reason === 'LeaseLost') throw thrown;
          if (!stop.aborted) log.warn('cannot renew', { worker, failure: failureOf(thrown) });
          return false;
        });
        await rest(renewed ? timing.renewMs : timing.retryMs, stop);
      }
    } finally {
      held?.end('stopped');
    }
    await letGo();
  };

  /** Between two renewals; `publish` shortens it, but not below a second. */
  const rest = async (ms: number, stop: AbortSignal): Promise<void> => {
    const least = Math.min(ms, PUBLISH_MS);
    if (await slept(clock, least, stop)) await slept(clock, ms - least, AbortSignal.any([stop, nudge.signal]));
  };

  /** Best effort: without it others wait until this worker counts as dead. The object stays as the word that it is gone. */
  const letGo = async (): Promise<void> => {
    try {
      const released = await releaseLease(leases, ref, worker, lease, clock.now(), { deadlineMs: 2_000 });
      if (released) log.info('lease released', { worker });
    } catch (thrown) {
      log.warn('lease not released', { worker, failure: failureOf(thrown) });
    }
  };

  return {
    worker,
    canSend: () => held?.stillHeld() ?? false,
    tenure: () => (held?.stillHeld() ? held : undefined),
    publish: () => nudge.abort(),
    started: first.promise,
    run,
  };
}
