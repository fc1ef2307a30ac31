/** Things with an identity, made at their first use and shared by all who use them. */
export type Shared<T> = {
  /** The thing of this key, made now where there is none. The caller gives it back with `release`. */
  readonly take: (key: string, make: () => T) => { readonly it: T; readonly release: () => void };
  /** Ends what nobody uses now, and the rest as soon as it is given back. */
  readonly close: () => void;
  /** Hands over all there are, to be ended by the caller. */
  readonly takeAll: () => readonly T[];
};

type Entry<T> = { readonly it: T; users: number; timer?: NodeJS.Timeout };

/**
 * A key holds all that makes two things differ, a digest of Secrets included: a changed Secret makes a new thing, and the old one ends
 * after its last user, or a while later, where another one may soon come.
 */
export function shared<T>(end: (it: T) => void, keepUnusedMs: number | ((it: T) => number) = 0): Shared<T> {
  const entries = new Map<string, Entry<T>>();
  let isClosed = false;

  const drop = (key: string, entry: Entry<T>): void => {
    if (entry.users > 0 || entries.get(key) !== entry) return;
    clearTimeout(entry.timer);
    entries.delete(key);
    end(entry.it);
  };

  const rest = (key: string, entry: Entry<T>): void => {
    const keepMs = typeof keepUnusedMs === 'number' ? keepUnusedMs : keepUnusedMs(entry.it);
    if (isClosed || keepMs === 0) drop(key, entry);
    else if (entry.users === 0) entry.timer = setTimeout(() => drop(key, entry), keepMs).unref();
  };

  return {
    take: (key, make) => {
      const entry: Entry<T> = entries.get(key) ?? { it: make(), users: 0 };
      entries.set(key, entry);
      clearTimeout(entry.timer);
      entry.users++;
      let isReleased = false;
      const release = () => {
        if (isReleased) return;
        isReleased = true;
        entry.users--;
        rest(key, entry);
      };
      return { it: entry.it, release };
    },
    close: () => {
      isClosed = true;
      for (const [key, entry] of entries) drop(key, entry);
    },
    takeAll: () => {
      const all = [...entries.values()];
      entries.clear();
      for (const { timer } of all) clearTimeout(timer);
      return all.map(({ it }) => it);
    },
  };
}
