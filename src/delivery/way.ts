import type { Failure } from '../api/failure.ts';
import type { Clock } from '../std/clock.ts';
import type { Breaker } from './breaker.ts';
import type { Gate } from './gate.ts';
import type { Verdict } from './judge.ts';

/** Can files flow? Where not: why, since when, and when it is tried again (monotonic milliseconds). */
export type SenderState =
  | { readonly ready: true }
  | { readonly ready: false; readonly failure: Failure; readonly since: number; readonly retryAt: number };

/** The way to a destination: through the gate of its endpoint and that of its credential. */
export type Way = {
  readonly isFree: (file: string) => boolean;
  /** Resolves when it is worth going: at once where the way is free, one file at a time where somebody must probe. */
  readonly ready: (file: string, signal: AbortSignal) => Promise<void>;
  /** The same until a moment. Where that comes first, or surely will, says what stands in the way. */
  readonly readyBy: (moment: number, file: string, signal: AbortSignal) => Promise<Failure | undefined>;
  /** Goes, and tells the gates what came of it. */
  readonly go: (file: string, request: () => Promise<Verdict>) => Promise<Verdict>;
  readonly state: () => SenderState;
};

export function wayThrough(endpoint: Gate, credential: Gate, clock: Clock): Way {
  // What somebody must mend is said first.
  const gates: readonly Gate[] = [credential, endpoint];
  const isFree = (file: string) => gates.every((gate) => gate.isFree(file));
  const state = () => stateOf(gates.map((gate) => gate.breaker()));

  const ready = async (file: string, signal: AbortSignal): Promise<void> => {
    for (let shut = closedOf(gates, file); shut; shut = closedOf(gates, file)) await shut.invitation(file, signal);
  };

  const readyBy = async (moment: number, file: string, signal: AbortSignal): Promise<Failure | undefined> => {
    const before = state();
    if (isFree(file) || before.ready) return undefined;
    if (before.retryAt > moment) return before.failure;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const moments = clock.sleep(Math.max(0, moment - clock.monotonic()), either);
    moments.then(() => over.abort()).catch(() => {});
    try {
      await ready(file, either);
      return undefined;
    } catch {
      signal.throwIfAborted();
      const after = state();
      return after.ready ? undefined : after.failure;
    } finally {
      over.abort();
    }
  };

  const settle = (file: string, verdict: Verdict) => {
    if (verdict.is !== 'trouble') for (const gate of gates) gate.pass(file);
    else if (verdict.of === 'credential') {
      // Who refuses a credential is alive all the same.
      endpoint.pass(file);
      credential.fail(file, verdict.failure);
    } else {
      endpoint.fail(file, verdict.failure);
      credential.abandon(file);
    }
  };

  const go = async (file: string, request: () => Promise<Verdict>): Promise<Verdict> => {
    for (const gate of gates) gate.go(file);
    try {
      const verdict = await request();
      settle(file, verdict);
      return verdict;
    } catch (error) {
      for (const gate of gates) gate.abandon(file);
      throw error;
    }
  };

  return { isFree, ready, readyBy, go, state };
}

const closedOf = (gates: readonly Gate[], file: string): Gate | undefined => gates.find((gate) => !gate.isFree(file));

function stateOf(breakers: readonly Breaker[]): SenderState {
  for (const breaker of breakers) {
    if (breaker.is === 'closed') continue;
    const { failure, since } = breaker;
    return { ready: false, failure, since, retryAt: breaker.is === 'open' ? breaker.until : since };
  }
  return { ready: true };
}
