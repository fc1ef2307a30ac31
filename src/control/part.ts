/** Something that runs beside others for as long as the process, or the leadership, lasts. */
export type Part = {
  readonly name: string;
  /**
   * Brings the part up and resolves when the next one may start. `signal` is aborted when the part is to stop; `broken` tells
   * the manager that the part cannot go on, which stops all of them.
   */
  readonly start: (signal: AbortSignal, broken: (thrown: unknown) => void) => Promise<void> | void;
  /** No new work from now on. Told to every part before the first one is stopped. */
  readonly quiet?: () => void;
  /** Finishes what is under way and lets go of what is held; after `deadline` only what cannot be left undone. */
  readonly stop?: (deadline: AbortSignal) => Promise<void>;
};

/** A part that is one long call: it is up at once, is asked to end by `stop`, and ends without delay on `abandon`. */
export function longRunning(name: string, run: (stop: AbortSignal, abandon: AbortSignal) => Promise<void>): Part {
  const abandon = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    name,
    start: (signal, broken) => {
      running = run(signal, abandon.signal).catch((thrown) => {
        if (!signal.aborted || thrown !== signal.reason) broken(thrown);
      });
    },
    stop: async (deadline) => {
      const onDeadline = () => abandon.abort(deadline.reason);
      if (deadline.aborted) onDeadline();
      deadline.addEventListener('abort', onDeadline, { once: true });
      await running;
      deadline.removeEventListener('abort', onDeadline);
    },
  };
}
