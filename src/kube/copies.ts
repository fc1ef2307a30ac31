import { type Cache, type CacheOptions, cache } from './cache.ts';
import type { KubeObject } from './meta.ts';
import type { WatchEvent } from './watch.ts';

/** The namespaces that an installation may look at; none named: all of them, in one list and one watch. */
export type Namespaces = readonly string[];

/** What to ask the API server for, once for each namespace named. */
export const places = (namespaces: Namespaces): readonly { readonly namespace?: string }[] =>
  namespaces.length === 0 ? [{}] : namespaces.map((namespace) => ({ namespace }));

/** A cache over one or many namespaces, seen as one. */
export type Copy<T extends KubeObject, Index extends string = never> = Omit<Cache<T, Index>, 'run' | 'isSynced' | 'misfits' | 'trouble'> & {
  /** Follows what is watched in each place until all of them end. */
  readonly follow: (watch: (place: { readonly namespace?: string }) => AsyncIterable<WatchEvent<T>>) => Promise<void>;
};

/**
 * Who may not list a kind in all namespaces lists it in each: a relist of one must not look like the end of the others, so each has a cache of its
 * own. All of them must be in before this one is synced: half a view of records would let a file be ferried twice.
 */
export function copies<T extends KubeObject, Index extends string = never>(
  namespaces: Namespaces,
  options: CacheOptions<T, Index> = {},
): Copy<T, Index> {
  const parts = places(namespaces).map((place) => ({ place, cache: cache<T, Index>(options) }));
  return {
    get: (key) => parts.map((part) => part.cache.get(key)).find((object) => object !== undefined),
    values: () => parts.values().flatMap((part) => part.cache.values()),
    size: () => parts.reduce((sum, part) => sum + part.cache.size(), 0),
    by: (index, value) => parts.flatMap((part) => part.cache.by(index, value)),
    synced: Promise.all(parts.map((part) => part.cache.synced)).then(() => {}),
    onChange: (listener) => {
      const ends = parts.map((part) => part.cache.onChange(listener));
      return () => {
        for (const end of ends) end();
      };
    },
    follow: async (watch) => void (await Promise.all(parts.map((part) => part.cache.run(watch(part.place))))),
  };
}
