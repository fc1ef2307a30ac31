import type { Clock } from '../std/clock.ts';
import { isKube, type KubeErrorKind } from './errors.ts';
import type { Lease } from './kinds.ts';
import { type DraftMeta, microTime, type Ref } from './meta.ts';
import type { CallOptions, Resource } from './resource.ts';

/** As much of the Lease resource as holding one takes. */
export type LeaseClient = Pick<Resource<Lease>, 'get' | 'create' | 'update'>;

/** One for what is known, one for a renewal that came late, and one to spare. */
const RELEASE_TRIES = 3;

/** What a holder writes into its Lease. */
export type Claim = {
  readonly holder: string;
  readonly durationMs: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

export const holderOf = (lease: Lease): string => lease.spec?.holderIdentity ?? '';

/**
 * Changes whenever the holder renews, and only then: a label put on by hand is no sign of life. It is compared for equality
 * alone; the time in it is the wall clock of another machine and says nothing about ours.
 */
export const renewalMark = ({ metadata, spec }: Lease): string =>
  [metadata.uid, spec?.holderIdentity, spec?.renewTime, spec?.leaseTransitions].join(' ');

/** Creates the Lease, held. Undefined if somebody else was faster. */
export async function createLease(
  leases: LeaseClient,
  metadata: DraftMeta,
  claim: Claim,
  now: number,
  options: CallOptions,
): Promise<Lease | undefined> {
  const time = microTime(now);
  const { labels, annotations } = claim;
  const spec = { ...claimSpec(claim, now), acquireTime: time, leaseTransitions: 0 };
  const draft = { metadata: { ...metadata, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }, spec };
  return unless(['AlreadyExists'], leases.create(draft, { ...options, urgent: true }));
}

/** Renews a Lease, or takes it over, under the resourceVersion seen. Undefined if somebody wrote or deleted it in between. */
export async function claimLease(
  leases: LeaseClient,
  lease: Lease,
  claim: Claim,
  now: number,
  options: CallOptions,
): Promise<Lease | undefined> {
  const takeover =
    holderOf(lease) === claim.holder ? {} : { acquireTime: microTime(now), leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + 1 };
  const annotations = { ...lease.metadata.annotations, ...claim.annotations };
  const labels = { ...lease.metadata.labels, ...claim.labels };
  const next: Lease = {
    ...lease,
    metadata: { ...lease.metadata, annotations, labels },
    spec: { ...lease.spec, ...claimSpec(claim, now), ...takeover },
  };
  return unless(changed, leases.update(next, { ...options, urgent: true }));
}

/**
 * Leaves a Lease that `holder` has without one, so that nobody has to wait. A renewal that was on its way when its sender stopped may
 * have come after all, so where `known` is not the latest it is read anew. False if it is somebody else's, or no more.
 */
export async function releaseLease(
  leases: LeaseClient,
  ref: Ref,
  holder: string,
  known: Lease | undefined,
  now: number,
  options: CallOptions,
): Promise<boolean> {
  let lease = known;
  for (let tries = 0; tries < RELEASE_TRIES; tries++) {
    lease ??= await readLease(leases, ref, options);
    if (!lease || holderOf(lease) !== holder) return false;
    if (await handLease(leases, lease, '', now, options)) return true;
    lease = undefined;
  }
  return false;
}

/** Names another holder, or none, under the resourceVersion seen. Undefined if somebody wrote or deleted it in between. */
export async function handLease(
  leases: Pick<LeaseClient, 'update'>,
  lease: Lease,
  holder: string,
  now: number,
  options: CallOptions,
): Promise<Lease | undefined> {
  const spec = { ...lease.spec, holderIdentity: holder, leaseDurationSeconds: 1, renewTime: microTime(now) };
  return unless(changed, leases.update({ ...lease, spec }, { ...options, urgent: true }));
}

/** The Lease as it is, or undefined if there is none. */
export const readLease = (leases: LeaseClient, ref: Ref, options: CallOptions): Promise<Lease | undefined> =>
  unless(['NotFound'], leases.get(ref, { ...options, urgent: true }));

const claimSpec = ({ holder, durationMs }: Claim, now: number) => ({
  holderIdentity: holder,
  leaseDurationSeconds: Math.max(1, Math.ceil(durationMs / 1_000)),
  renewTime: microTime(now),
});

/** Somebody wrote or deleted the Lease since it was read. */
const changed: readonly KubeErrorKind[] = ['Conflict', 'NotFound'];

async function unless<T>(kinds: readonly KubeErrorKind[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (thrown) {
    if (isKube(thrown, ...kinds)) return undefined;
    throw thrown;
  }
}

/** Up to a fifth more or less, so that replicas that started together do not ask together. */
export const jittered = (ms: number, random: () => number): number => ms * (0.8 + 0.4 * random());

/** Sleeps, and says whether it slept to the end. */
export const slept = (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> =>
  clock.sleep(Math.max(0, ms), signal).then(
    () => true,
    () => false,
  );
