/** Things with an identity, made at their first use. */
export type Shared<T> = {
  readonly use: (id: string, make: () => T) => { readonly it: T; readonly release: () => void };
  /** Hands over all that are in use, to be ended by the caller. */
  readonly takeAll: () => readonly T[];
};

/** Things that end after their last user. */
export function shared<T>(end: (it: T) => void): Shared<T> {
  const inUse = new Map<string, { readonly it: T; users: number }>();
  return {
    use: (id, make) => {
      const entry = inUse.get(id) ?? { it: make(), users: 0 };
      inUse.set(id, entry);
      entry.users++;
      let released = false;
      const release = () => {
        if (released) return;
        released = true;
        entry.users--;
        if (entry.users > 0 || inUse.get(id) !== entry) return;
        inUse.delete(id);
        end(entry.it);
      };
      return { it: entry.it, release };
    },
    takeAll: () => {
      const all = [...inUse.values()].map(({ it }) => it);
      inUse.clear();
      return all;
    },
  };
}
