/** The longest time that a timer of Node waits. With more it would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. Leaves no timer and no listener behind. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const wait = (left: number): void => {
      timer = setTimeout(
        () => {
          if (left > LONGEST_MS) return wait(left - LONGEST_MS);
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(Math.max(0, left), LONGEST_MS),
      );
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    wait(ms);
  });
}
