/** A counted resource: permits, bytes, slots. Waiters are served in the order of their coming. */
export type Semaphore = {
  /** Waits for `amount` and returns the function that gives it back (calling it twice gives it back once). */
  readonly acquire: (amount?: number, signal?: AbortSignal) => Promise<() => void>;
  /** What is free right now. */
  readonly free: () => number;
};

/** An amount above `total` is served alone, so that one giant waits but never forever. */
export function semaphore(total: number): Semaphore {
  let free = total;
  const waiting: { readonly amount: number; readonly go: () => void }[] = [];

  const serve = () => {
    for (let next = waiting[0]; next && next.amount <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.amount;
      next.go();
    }
  };

  const giveBack = (amount: number) => {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      free += amount;
      serve();
    };
  };

  const acquire = (wanted = 1, signal?: AbortSignal): Promise<() => void> => {
    const amount = Math.min(wanted, total);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        waiting.splice(waiting.indexOf(entry), 1);
        reject(signal?.reason);
        serve();
      };
      const entry = {
        amount,
        go: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(giveBack(amount));
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.push(entry);
      serve();
    });
  };

  return { acquire, free: () => free };
}
