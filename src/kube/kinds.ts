import { fail } from '../api/failure.ts';
import type { KubeObject } from './meta.ts';
import type { Kind } from './resource.ts';

/** coordination.k8s.io/v1: who leads, who lives. Times are written with `microTime`. */
export type Lease = KubeObject & {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
};

export type ObjectReference = {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
};

/** events.k8s.io/v1: what people see in `kubectl describe`. Times are written with `microTime`. */
export type KubeEvent = KubeObject & {
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  readonly note?: string;
  readonly regarding?: ObjectReference;
  readonly related?: ObjectReference;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
};

/** v1: values are base64. */
export type Secret = KubeObject & { readonly type?: string; readonly data?: Readonly<Record<string, string>> };

/** v1: read for the tenancy policy and used by tests. */
export type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> };

/**
 * The kinds of Kubernetes itself are guarded by its API server; a second check of every field would only cost. What is
 * checked is that this is an object with a name.
 */
const trusted =
  <T extends KubeObject>() =>
  (raw: unknown): T => {
    if (!isNamed(raw)) fail('ApiRefused', 'the API server returned something that is not an object with a name');
    return raw as T;
  };

function isNamed(raw: unknown): raw is KubeObject {
  if (typeof raw !== 'object' || raw === null || !('metadata' in raw)) return false;
  const { metadata } = raw;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata && typeof metadata.name === 'string';
}

export const leaseKind: Kind<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  parse: trusted<Lease>(),
};

export const eventKind: Kind<KubeEvent> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  parse: trusted<KubeEvent>(),
};

export const secretKind: Kind<Secret> = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', parse: trusted<Secret>() };

export const configMapKind: Kind<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  parse: trusted<ConfigMap>(),
};
