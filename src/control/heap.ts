/** A binary heap: `pop` returns the least element by `before`. */
export type Heap<T> = {
  readonly push: (item: T) => void;
  readonly pop: () => T | undefined;
  readonly peek: () => T | undefined;
  readonly size: () => number;
  /** Drops whatever is not to be kept. */
  readonly sweep: (keep: (item: T) => boolean) => void;
};

/** An empty heap ordered by `before`. */
export function heap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];

  const rise = (from: number): void => {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!swapIfBefore(at, parent)) return;
      at = parent;
    }
  };

  const sink = (): void => {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= items.length) return;
      const right = left + 1;
      const least = right < items.length && before(items[right]!, items[left]!) ? right : left;
      if (!swapIfBefore(least, at)) return;
      at = least;
    }
  };

  const swapIfBefore = (lower: number, upper: number): boolean => {
    const a = items[lower]!;
    const b = items[upper]!;
    if (!before(a, b)) return false;
    items[lower] = b;
    items[upper] = a;
    return true;
  };

  const push = (item: T): void => {
    items.push(item);
    rise(items.length - 1);
  };

  return {
    push,
    pop: () => {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0 && last !== undefined) {
        items[0] = last;
        sink();
      }
      return first;
    },
    peek: () => items[0],
    size: () => items.length,
    sweep: (keep) => {
      for (const item of items.splice(0).filter(keep)) push(item);
    },
  };
}
