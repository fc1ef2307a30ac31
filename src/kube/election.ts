import { fail, failureOf } from '../api/failure.ts';
import type { Log } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Clock } from '../std/clock.ts';
import type { Lease } from './kinds.ts';
import {
  type Claim,
  claimLease,
  createLease,
  holderOf,
  jittered,
  type LeaseClient,
  readLease,
  releaseLease,
  renewalMark,
  slept,
} from './lease.ts';
import type { Ref } from './meta.ts';
import { type HeldTenure, type Tenure, tenure } from './tenure.ts';

/** client-go's numbers, so that operators behave as their neighbours do. */
export type ElectionTiming = {
  /** Others may take over this long after they last saw a renewal. */
  readonly durationMs: number;
  /** The leader's right to act ends this long after its last successful renewal. */
  readonly renewDeadlineMs: number;
  /** Time between two renewals, and between two looks of a candidate. */
  readonly retryMs: number;
};

export const electionTiming: ElectionTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export type ElectionOptions = {
  readonly leases: LeaseClient;
  readonly lease: Ref;
  /** Unlike any other process's, and unlike that of this process after a restart. */
  readonly identity: string;
  /** What the leader writes into its Lease beside that it lives; asked at every renewal. */
  readonly annotations?: () => Readonly<Record<string, string>>;
  readonly timing?: ElectionTiming;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly random?: () => number;
};

/**
 * What the leader does. It ends when `stop` is aborted, with the Lease still held and renewed while it drains, or at once when
 * the leadership's signal is; every write asks the leadership first. It returns only when nothing it started still runs.
 */
export type Lead = (leadership: Tenure, stop: AbortSignal) => Promise<void>;

/**
 * Campaigns, leads, and campaigns again until `stop`. It rejects with `LeaseLost` if what leads does not end in the time between
 * losing the right to act and the moment others may take over: then only the end of the process is safe.
 */
export async function runElection(options: ElectionOptions, lead: Lead, stop: AbortSignal): Promise<void> {
  const { timing = electionTiming, metrics, lease } = options;
  checkTiming(timing);
  const master = metrics.gauge({ name: 'leader_election_master_status', help: '1 while this process leads', labels: ['name'] as const });
  const settled = { random: Math.random, ...options, timing };
  master.set({ name: lease.name }, 0);
  while (!stop.aborted) {
    const won = await campaign(settled, stop);
    if (!won) return;
    master.set({ name: lease.name }, 1);
    await reign(settled, won, lead, stop).finally(() => master.set({ name: lease.name }, 0));
    // Whoever failed to lead lets others try first.
    await slept(settled.clock, jittered(timing.retryMs, settled.random), stop);
  }
}

type Settled = ElectionOptions & { readonly timing: ElectionTiming; readonly random: () => number };
type Won = { readonly lease: Lease; readonly sentAt: number };

function checkTiming({ durationMs, renewDeadlineMs, retryMs }: ElectionTiming): void {
  if (durationMs > renewDeadlineMs && renewDeadlineMs > 1.2 * retryMs && retryMs > 0) return;
  throw new Error('election: the duration must exceed the renewal deadline, and that must exceed the time between renewals');
}

const claimOf = ({ identity, timing, annotations }: Settled): Claim => ({
  holder: identity,
  durationMs: timing.durationMs,
  ...(annotations && { annotations: annotations() }),
});

/** Looks at the Lease until it is ours. Undefined when stopped before. */
async function campaign(options: Settled, stop: AbortSignal): Promise<Won | undefined> {
  const { clock, log, timing, random, lease: ref } = options;
  let seen: { readonly mark: string; readonly at: number } | undefined;
  log.info('campaigning', { lease: ref.name });
  for (;;) {
    if (stop.aborted) return undefined;
    let wait = jittered(timing.retryMs, random);
    try {
      const lease = await readLease(options.leases, ref, callOptions(options, stop));
      if (lease && renewalMark(lease) !== seen?.mark) seen = { mark: renewalMark(lease), at: clock.monotonic() };
      const left = lease && seen ? freeIn(lease, clock.monotonic() - seen.at, options) : 0;
      if (left > 0) wait = Math.min(wait, left);
      else {
        const won = await seize(options, lease, stop);
        if (won) return won;
      }
    } catch (thrown) {
      if (!stop.aborted) log.warn('cannot campaign', { lease: ref.name, failure: failureOf(thrown) });
    }
    if (!(await slept(clock, wait, stop))) return undefined;
  }
}

/** How long its holder may still be leading, given how long ago this process, by its own clock, saw it renew. */
function freeIn(lease: Lease, unchangedForMs: number, { identity, timing }: Settled): number {
  const holder = holderOf(lease);
  if (holder === '' || holder === identity) return 0;
  // Of two versions of the operator the more patient one decides.
  const promisedMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1_000;
  return Math.max(timing.durationMs, promisedMs) - unchangedForMs;
}

async function seize(options: Settled, lease: Lease | undefined, stop: AbortSignal): Promise<Won | undefined> {
  const { leases, lease: ref, clock } = options;
  const sentAt = clock.monotonic();
  const claim = claimOf(options);
  const call = callOptions(options, stop);
  const mine = lease ? await claimLease(leases, lease, claim, clock.now(), call) : await createLease(leases, ref, claim, clock.now(), call);
  return mine && { lease: mine, sentAt };
}

/** Leads until stopped or until the right to is lost, then lets go of the Lease. */
async function reign(options: Settled, won: Won, lead: Lead, stop: AbortSignal): Promise<void> {
  const { clock, log, timing, lease: ref } = options;
  const held = tenure(clock, timing.renewDeadlineMs, won.sentAt);
  let latest = won.lease;
  if (held.stillHeld()) {
    log.info('leading', { lease: ref.name });
    const renewing = renew(options, held, won.lease, (renewed) => {
      latest = renewed;
    });
    const leading = (async () => lead(held, stop))().catch((thrown) => {
      if (thrown !== stop.reason && thrown !== held.signal.reason) log.error('leading failed', { failure: failureOf(thrown) });
    });
    await Promise.race([leading, ended(held)]);
    if (held.signal.aborted) {
      log.warn('leadership lost', { lease: ref.name, because: held.signal.reason });
      await endInTime(options, leading);
    }
    held.end('leading ended');
    await renewing;
  }
  await letGo(options, latest);
}

const ended = ({ signal }: Tenure): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Nobody else leads before this time is over. */
async function endInTime({ clock, timing, log }: Settled, leading: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const ms = timing.durationMs - timing.renewDeadlineMs;
  const tooLate = await Promise.race([leading.then(() => false), slept(clock, ms, timer.signal)]);
  timer.abort();
  if (!tooLate) return;
  log.error('what led did not stop in time', { ms });
  fail('LeaseLost', `what led did not stop within ${ms} ms after the Lease was lost`);
}

/** Renews until the tenure ends, and ends it as soon as somebody else holds the Lease. */
async function renew(options: Settled, held: HeldTenure, first: Lease, onRenewed: (lease: Lease) => void): Promise<void> {
  const { leases, lease: ref, clock, timing, log, identity } = options;
  let lease = first;
  while (await slept(clock, timing.retryMs, held.signal)) {
    // A process that was stopped wakes here before the timer that ends its tenure.
    if (!held.stillHeld()) return;
    const sentAt = clock.monotonic();
    try {
      const renewed = await claimLease(leases, lease, claimOf(options), clock.now(), {
        ...callOptions(options, held.signal),
        fence: held.assertHeld,
      });
      if (renewed) {
        lease = renewed;
        onRenewed(lease);
        held.renewed(sentAt);
        continue;
      }
      const current = await readLease(leases, ref, callOptions(options, held.signal));
      if (!current || holderOf(current) !== identity)
        held.end(current ? `taken by ${holderOf(current) || 'nobody'}` : 'the Lease was deleted');
      else lease = current;
    } catch (thrown) {
      if (!held.signal.aborted) log.warn('cannot renew', { lease: ref.name, failure: failureOf(thrown) });
    }
  }
}

/** Best effort: without it others wait for the Lease to expire. */
async function letGo(options: Settled, lease: Lease): Promise<void> {
  const { leases, clock, log, lease: ref, identity } = options;
  try {
    const released = await releaseLease(leases, ref, identity, lease, clock.now(), { deadlineMs: 2_000 });
    if (released) log.info('lease released', { lease: ref.name });
  } catch (thrown) {
    log.warn('lease not released', { lease: ref.name, failure: failureOf(thrown) });
  }
}

/** A call that hangs leaves time for a second one before the right to act ends. */
const callOptions = ({ timing }: Settled, signal: AbortSignal) => ({ signal, deadlineMs: timing.renewDeadlineMs / 2 });
