import { sleep } from './sleep.ts';

/** The one source of time. Everything that waits or measures takes a clock, so that tests can turn its hands. */
export type Clock = {
  /** Wall time in milliseconds since 1970: for what people and other machines read. It can jump. */
  readonly now: () => number;
  /** Milliseconds since some fixed moment: for time spans and deadlines. It never jumps. */
  readonly monotonic: () => number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** The clock of the machine. */
export const systemClock: Clock = { now: Date.now, monotonic: () => performance.now(), sleep };
