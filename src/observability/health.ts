/** Whether this process may be asked for work, and what still stands in the way. */
export type Readiness = {
  /** Takes a condition into account from now on; until the returned function is told `true` the process is not ready. */
  readonly require: (name: string) => (met: boolean) => void;
  /** Not ready any more, whatever else is said: the process is shutting down. */
  readonly leave: () => void;
  /** What stands in the way; empty means ready. */
  readonly missing: () => readonly string[];
};

/** Starts ready: each part that must be up first adds its own requirement. */
export function readiness(): Readiness {
  const unmet = new Set<string>();
  return {
    require: (name) => {
      unmet.add(name);
      return (met) => void (met ? unmet.delete(name) : unmet.add(name));
    },
    leave: () => void unmet.add('shutting down'),
    missing: () => [...unmet].sort(),
  };
}
