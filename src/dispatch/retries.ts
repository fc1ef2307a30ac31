/** Failed records that are to begin again as soon as a worker has a free slot. */
export type Retries = {
  /** Resolves when none of them waits any more: each has begun again, or is gone. */
  readonly add: (uids: Iterable<string>) => Promise<void>;
  readonly has: (uid: string) => boolean;
  /** It has begun, or there is nothing left to begin; true where it was waiting. */
  readonly delete: (uid: string) => boolean;
};

export function retries(): Retries {
  const left = new Set<string>();
  const askers = new Set<{ readonly of: Set<string>; readonly done: () => void }>();
  return {
    add: (uids) =>
      new Promise((done) => {
        const of = new Set(uids);
        if (of.size === 0) return done();
        for (const uid of of) left.add(uid);
        askers.add({ of, done });
      }),
    has: (uid) => left.has(uid),
    delete: (uid) => {
      if (!left.delete(uid)) return false;
      for (const asker of askers) {
        asker.of.delete(uid);
        if (asker.of.size > 0) continue;
        askers.delete(asker);
        asker.done();
      }
      return true;
    },
  };
}
