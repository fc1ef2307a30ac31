import { KubeError } from '../../src/kube/errors.ts';
import { type Lease, leaseKind } from '../../src/kube/kinds.ts';
import type { Draft, Ref } from '../../src/kube/meta.ts';
import type { CallOptions, Resource } from '../../src/kube/resource.ts';

type Verb = 'get' | 'list' | 'create' | 'update' | 'delete';

/** Leases in memory, with the resourceVersions and refusals of an API server, and faults on demand. */
export type MemoryLeases = Pick<Resource<Lease>, Verb | 'kind'> & {
  readonly current: (name: string) => Lease | undefined;
  /** Writes that succeeded: "update spanferry by a". */
  readonly writes: readonly string[];
  /** Until called with undefined, every call does this first; what it throws is the answer. */
  readonly before: (fault: ((verb: Verb) => Promise<void> | void) | undefined) => void;
  /** The next write is done, but its answer is lost. */
  readonly loseNextAnswer: () => void;
};

/** What an API server behind a cut line looks like. */
export const unreachable = (): never => {
  throw new KubeError('Unreachable', 'cannot update leases: ECONNREFUSED');
};

/** A namespace without Leases. */
export function memoryLeases(): MemoryLeases {
  const objects = new Map<string, Lease>();
  const writes: string[] = [];
  let version = 0;
  let fault: ((verb: Verb) => Promise<void> | void) | undefined;
  let loseAnswer = false;

  const enter = async (verb: Verb, options?: CallOptions): Promise<void> => {
    options?.signal?.throwIfAborted();
    await fault?.(verb);
    options?.signal?.throwIfAborted();
  };

  const existing = ({ name }: Ref): Lease => {
    const lease = objects.get(name);
    if (!lease) throw new KubeError('NotFound', `cannot find lease ${name}`);
    return lease;
  };

  const store = (verb: Verb, draft: Draft<Lease>, uid: string): Lease => {
    const lease: Lease = { ...draft, metadata: { ...draft.metadata, uid, resourceVersion: String(++version) } };
    objects.set(lease.metadata.name, lease);
    writes.push(`${verb} ${lease.metadata.name} by ${lease.spec?.holderIdentity || 'nobody'}`);
    if (loseAnswer) {
      loseAnswer = false;
      throw new KubeError('Timeout', `cannot ${verb} leases: no answer`);
    }
    return lease;
  };

  return {
    kind: leaseKind,
    get: async (ref, options) => {
      await enter('get', options);
      return existing(ref);
    },
    async *list(_selection, options) {
      await enter('list', options);
      yield { items: [...objects.values()], misfits: [], resourceVersion: String(version) };
    },
    create: async (draft, options) => {
      await enter('create', options);
      if (objects.has(draft.metadata.name)) throw new KubeError('AlreadyExists', 'leases already exists');
      return store('create', draft, `uid-${version + 1}`);
    },
    update: async (lease, options) => {
      await enter('update', options);
      const before = existing(lease.metadata);
      if (before.metadata.resourceVersion !== lease.metadata.resourceVersion)
        throw new KubeError('Conflict', 'the object has been modified');
      return store('update', lease, before.metadata.uid);
    },
    delete: async (ref, preconditions, options) => {
      await enter('delete', options);
      const before = existing(ref);
      if ((preconditions?.resourceVersion ?? before.metadata.resourceVersion) !== before.metadata.resourceVersion) {
        throw new KubeError('Conflict', 'the object has been modified');
      }
      objects.delete(ref.name);
      writes.push(`delete ${ref.name}`);
    },
    current: (name) => objects.get(name),
    writes,
    before: (next) => {
      fault = next;
    },
    loseNextAnswer: () => {
      loseAnswer = true;
    },
  };
}

/** A line of one process to the API server, that can be cut. */
export function lineTo(leases: MemoryLeases) {
  let cut = false;
  const guarded =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> =>
      cut ? unreachable() : call(...args);
  const client: MemoryLeases = { ...leases, get: guarded(leases.get), create: guarded(leases.create), update: guarded(leases.update) };
  return {
    client,
    cut: (now: boolean) => {
      cut = now;
    },
  };
}
