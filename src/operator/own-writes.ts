import type { File } from '../kube/ownkinds.ts';

/** The copy of records that follows the API server, but never falls behind what this process itself wrote. */
export type OwnWrites = {
  readonly values: () => Iterable<File>;
  /** A write turned `before` into `after`; without `after` the record is gone. Returns `after`. */
  readonly wrote: <After extends File | undefined>(before: File, after: After) => After;
};

type Ahead = { readonly record: File | undefined; readonly outdated: ReadonlySet<string> };

/**
 * Events come a moment after the answer to a write. Whoever looks into the copy in between would begin a finished file again. So
 * the versions that were overwritten are remembered until the copy shows another one.
 */
export function ownWrites(copy: { readonly values: () => Iterable<File> }): OwnWrites {
  const ahead = new Map<string, Ahead>();
  return {
    wrote: (before, after) => {
      const { uid, resourceVersion } = before.metadata;
      ahead.set(uid, { record: after, outdated: new Set(ahead.get(uid)?.outdated).add(resourceVersion) });
      return after;
    },
    *values() {
      const seen = new Set<string>();
      for (const record of copy.values()) {
        const { uid, resourceVersion } = record.metadata;
        const ours = ahead.get(uid);
        seen.add(uid);
        if (!ours) yield record;
        else if (!ours.outdated.has(resourceVersion)) {
          ahead.delete(uid);
          yield record;
        } else if (ours.record) yield ours.record;
      }
      for (const uid of ahead.keys()) if (!seen.has(uid)) ahead.delete(uid);
    },
  };
}
