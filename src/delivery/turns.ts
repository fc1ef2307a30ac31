/** Turns at something that few may use at once. Owners take turns round-robin, so that one with many requests delays nobody. */
export type Turns = {
  /** Waits for a turn and returns the function that ends it. */
  readonly take: (owner: string, signal: AbortSignal) => Promise<() => void>;
};

export function turns(atOnce: number): Turns {
  let free = atOnce;
  // A map keeps the order in which owners came; the owner served last goes to its end.
  const waiting = new Map<string, Set<() => void>>();

  const serve = () => {
    for (let next = waiting.entries().next().value; next && free > 0; next = waiting.entries().next().value) {
      const [owner, queue] = next;
      const [go] = queue;
      waiting.delete(owner);
      if (!go) continue;
      queue.delete(go);
      if (queue.size > 0) waiting.set(owner, queue);
      free--;
      go();
    }
  };

  const ending = () => {
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      free++;
      serve();
    };
  };

  const take = (owner: string, signal: AbortSignal): Promise<() => void> => {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (free > 0 && waiting.size === 0) {
      free--;
      return Promise.resolve(ending());
    }
    return new Promise((resolve, reject) => {
      const queue = waiting.get(owner) ?? new Set();
      const onAbort = () => {
        queue.delete(go);
        reject(signal.reason);
      };
      const go = () => {
        signal.removeEventListener('abort', onAbort);
        resolve(ending());
      };
      signal.addEventListener('abort', onAbort, { once: true });
      queue.add(go);
      waiting.set(owner, queue);
    });
  };

  return { take };
}
