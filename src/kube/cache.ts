import type { Failure } from '../api/failure.ts';
import type { KubeError } from './errors.ts';
import { type KubeObject, keyOf } from './meta.ts';
import type { WatchEvent } from './watch.ts';

/** What changed in a cache. An object made anew under an old name is a delete and an add. */
export type Change<T> =
  | { readonly type: 'add'; readonly object: T }
  | { readonly type: 'update'; readonly object: T; readonly old: T }
  | { readonly type: 'delete'; readonly object: T };

/** A copy of what a watch tells, with indexes. It is empty until it is synced and may lag behind, but it never makes things up. */
export type Cache<T extends KubeObject, Index extends string = never> = {
  readonly get: (key: string) => T | undefined;
  readonly values: () => IterableIterator<T>;
  readonly size: () => number;
  readonly by: (index: Index, value: string) => readonly T[];
  /** Resolves when everything there was at the beginning is in. */
  readonly synced: Promise<void>;
  readonly isSynced: () => boolean;
  /** Objects that are there, but that this version of the operator does not understand. */
  readonly misfits: () => ReadonlyMap<string, Failure>;
  /** Why nothing comes at the moment, if so. */
  readonly trouble: () => KubeError | undefined;
  /** Told after the change is in; returns the function that ends it. Listeners are called in order and must be quick. */
  readonly onChange: (listener: (change: Change<T>) => void) => () => void;
  /** Follows the events until they end. */
  readonly run: (events: AsyncIterable<WatchEvent<T>>) => Promise<void>;
};

export type CacheOptions<T, Index extends string> = {
  readonly indexes?: Readonly<Record<Index, (object: T) => readonly string[]>>;
  /** Hears of misfits and troubles once each, for the log. */
  readonly onMisfit?: (key: string, failure: Failure) => void;
  readonly onTrouble?: (error: KubeError) => void;
};

/** A relist fills a second map and swaps it in at the end, so nobody ever sees half of it and what vanished meanwhile is told. */
export function cache<T extends KubeObject, Index extends string = never>(options: CacheOptions<T, Index> = {}): Cache<T, Index> {
  const objects = new Map<string, T>();
  const indexes = indexed(options.indexes);
  const listeners = new Set<(change: Change<T>) => void>();
  const misfits = new Map<string, Failure>();
  const { promise: synced, resolve } = Promise.withResolvers<void>();
  let incoming: Map<string, T> | undefined;
  let strange: Map<string, Failure> | undefined;
  let isSynced = false;
  let trouble: KubeError | undefined;

  const tell = (change: Change<T>) => {
    for (const listener of listeners) listener(change);
  };

  const remove = (key: string) => {
    const old = objects.get(key);
    if (!old) return;
    objects.delete(key);
    indexes.remove(key, old);
    tell({ type: 'delete', object: old });
  };

  const put = (key: string, object: T) => {
    const old = objects.get(key);
    if (old && old.metadata.uid !== object.metadata.uid) {
      remove(key);
      return put(key, object);
    }
    if (old?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    objects.set(key, object);
    if (old) indexes.remove(key, old);
    indexes.add(key, object);
    tell(old ? { type: 'update', object, old } : { type: 'add', object });
  };

  const misfit = (key: string, failure: Failure) => {
    if (misfits.get(key)?.message !== failure.message) options.onMisfit?.(key, failure);
    misfits.set(key, failure);
  };

  const swap = (arrived: Map<string, T>, strangers: Map<string, Failure>) => {
    for (const key of misfits.keys()) if (!strangers.has(key)) misfits.delete(key);
    for (const [key, failure] of strangers) misfit(key, failure);
    for (const key of objects.keys()) if (!arrived.has(key)) remove(key);
    for (const [key, object] of arrived) put(key, object);
    isSynced = true;
    resolve();
  };

  const handle = (event: WatchEvent<T>) => {
    if (event.type !== 'init') trouble = event.type === 'trouble' ? event.error : undefined;
    switch (event.type) {
      case 'init':
        incoming = new Map();
        strange = new Map();
        return;
      case 'initApply':
        incoming?.set(keyOf(event.object.metadata), event.object);
        return;
      case 'initDone':
        if (incoming && strange) swap(incoming, strange);
        incoming = undefined;
        strange = undefined;
        return;
      case 'apply':
        misfits.delete(keyOf(event.object.metadata));
        return put(keyOf(event.object.metadata), event.object);
      case 'delete':
        misfits.delete(keyOf(event.object.metadata));
        return remove(keyOf(event.object.metadata));
      case 'misfit': {
        const key = keyOf(event.ref);
        if (strange) return void strange.set(key, event.failure);
        if (event.gone) misfits.delete(key);
        else misfit(key, event.failure);
        return remove(key);
      }
      case 'trouble':
        return options.onTrouble?.(event.error);
      default:
        return event satisfies never;
    }
  };

  return {
    get: (key) => objects.get(key),
    values: () => objects.values(),
    size: () => objects.size,
    by: (index, value) => indexes.keys(index, value).flatMap((key) => objects.get(key) ?? []),
    synced,
    isSynced: () => isSynced,
    misfits: () => misfits,
    trouble: () => trouble,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    run: async (events) => {
      for await (const event of events) handle(event);
    },
  };
}

/** Which keys stand under which value of which index. */
function indexed<T, Index extends string>(functions: Readonly<Record<Index, (object: T) => readonly string[]>> | undefined) {
  const entries = Object.entries<(object: T) => readonly string[]>(functions ?? {}).map(([name, values]) => ({
    name,
    values,
    keys: new Map<string, Set<string>>(),
  }));

  return {
    add: (key: string, object: T) => {
      for (const { values, keys } of entries) {
        for (const value of values(object)) {
          const under = keys.get(value);
          if (under) under.add(key);
          else keys.set(value, new Set([key]));
        }
      }
    },
    remove: (key: string, object: T) => {
      for (const { values, keys } of entries) {
        for (const value of values(object)) {
          const under = keys.get(value);
          under?.delete(key);
          if (under?.size === 0) keys.delete(value);
        }
      }
    },
    keys: (index: Index, value: string): readonly string[] => [...(entries.find(({ name }) => name === index)?.keys.get(value) ?? [])],
  };
}
