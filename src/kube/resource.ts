import type { Failure } from '../api/failure.ts';
import type { Draft, KubeObject, Ref } from './meta.ts';
import type { WatchEvent, WatchOptions } from './watch.ts';

/** What a kind is called in the API, and the check that every object of it passes at the edge. */
export type Kind<T extends KubeObject> = {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Returns the object as this version of the operator understands it, or throws `Failed`. */
  readonly parse: (raw: unknown) => T;
  /** Objects that were checked a moment ago, by uid and version; see `checkedOnce`. */
  readonly atHand?: Map<string, T>;
};

/** How one call may differ from the others. */
export type CallOptions = {
  readonly signal?: AbortSignal;
  /** How long the call may take, repetitions included, once the write budget has let it pass. Default 30 s. */
  readonly deadlineMs?: number;
  /** Passes the write budget by: for Leases, whose renewal must not wait behind bulk work. */
  readonly urgent?: boolean;
  /** For writes under a right that can end (`assertHeld`): throws if it has. Called right before the first byte leaves. */
  readonly fence?: () => void;
};

/** What to list or watch. Without a namespace: all of them. */
export type Selection = { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string };

/** Objects that do not fit their schema: an older or newer operator wrote them. They are reported and left out. */
export type Misfit = { readonly ref: Ref; readonly uid: string; readonly failure: Failure };

export type Page<T> = {
  readonly items: readonly T[];
  readonly misfits: readonly Misfit[];
  readonly resourceVersion: string;
  /** How many objects the server says are still to come. */
  readonly remaining?: number;
};

/** One step of a JSON patch (RFC 6902). A `test` that does not hold is a Conflict. */
export type PatchStep =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Both are checked by the server; what does not hold is a Conflict. */
export type Preconditions = { readonly uid?: string; readonly resourceVersion?: string };

/** All that can be done with objects of one kind. Failures are thrown as `KubeError`. */
export type Resource<T extends KubeObject> = {
  readonly kind: Kind<T>;
  readonly get: (ref: Ref, options?: CallOptions) => Promise<T>;
  /** Page by page, each read as a quorum; breaks with Gone if it takes so long that the server forgot the beginning. */
  readonly list: (selection?: Selection, options?: CallOptions & { readonly pageSize?: number }) => AsyncGenerator<Page<T>, void>;
  /** Follows the kind until the signal is aborted; see `cache` for a copy that is kept. */
  readonly watch: (options: WatchOptions) => AsyncGenerator<WatchEvent<T>, void>;
  readonly create: (object: Draft<T>, options?: CallOptions) => Promise<T>;
  /** Replaces everything but status, under the resourceVersion that the object carries. */
  readonly update: (object: T, options?: CallOptions) => Promise<T>;
  /** Replaces status alone, under the resourceVersion that the object carries. */
  readonly updateStatus: (object: T, options?: CallOptions) => Promise<T>;
  readonly patch: (ref: Ref, steps: readonly PatchStep[], options?: CallOptions & { readonly subresource?: 'status' }) => Promise<T>;
  /** Server-side apply: creates or takes over the fields given, as `fieldManager`. */
  readonly apply: (
    object: Draft<T> | T,
    options: CallOptions & { readonly fieldManager: string; readonly force?: boolean; readonly subresource?: 'status' },
  ) => Promise<T>;
  /** Resolves once the server has accepted; an object that is already gone is NotFound. */
  readonly delete: (ref: Ref, preconditions?: Preconditions, options?: CallOptions) => Promise<void>;
};
