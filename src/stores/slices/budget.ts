import { fail } from '../../api/failure.ts';
import type { Clock } from '../../std/clock.ts';

/** What a platform says about the requests that are left. */
export type Allowance = { readonly remaining?: number; readonly resetMs?: number; readonly retryAfterMs?: number };

/** Requests to a platform with one credential, shared by all sources of this process that use it. */
export type Budget = {
  /**
   * Resolves when the next request may go out. Where that would take longer than `patienceMs` it fails with `Throttled` instead, which
   * says when it is worth trying again.
   */
  readonly turn: (patienceMs: number, signal?: AbortSignal) => Promise<void>;
  /** An answer spoke about what is left. */
  readonly told: (allowance: Allowance) => void;
  /** May a request go out now? */
  readonly isOpen: () => boolean;
};

export type BudgetOptions = {
  /** "Datadog": for people. */
  readonly platform: string;
  readonly requests: number;
  readonly perMs: number;
  readonly clock: Clock;
  /** Told how many requests are left right now. */
  readonly onRemaining?: ((remaining: number) => void) | undefined;
};

/** So many requests in so long a time, and fewer where the platform says so. */
export function budget({ platform, requests, perMs, clock, onRemaining }: BudgetOptions): Budget {
  const everyMs = perMs / requests;
  /** The moment at which all requests would be there again: each one pushes it away. */
  let fullAt = clock.monotonic();
  let closedUntil = Number.NEGATIVE_INFINITY;

  const tell = () =>
    onRemaining?.(closedUntil > clock.monotonic() ? 0 : Math.floor((perMs - Math.max(0, fullAt - clock.monotonic())) / everyMs));

  const waitMs = (): number => {
    const now = clock.monotonic();
    return Math.max(0, closedUntil - now, fullAt - now - perMs + everyMs);
  };

  const turn: Budget['turn'] = async (patienceMs, signal) => {
    for (let wait = waitMs(); wait > 0; wait = waitMs()) {
      if (wait > patienceMs) {
        const until = new Date(clock.now() + wait).toISOString().slice(0, 19);
        fail('Throttled', `${platform} has no request left for this credential until ${until}Z`, { retryAfterMs: Math.ceil(wait) });
      }
      await clock.sleep(wait, signal);
    }
    fullAt = Math.max(fullAt, clock.monotonic()) + everyMs;
    tell();
  };

  const told: Budget['told'] = ({ remaining, resetMs, retryAfterMs }) => {
    const now = clock.monotonic();
    if (retryAfterMs !== undefined) closedUntil = Math.max(closedUntil, now + retryAfterMs);
    if (remaining === undefined) return tell();
    // Somebody else spends of the same budget: the smaller number is true.
    if (remaining <= 0 && resetMs !== undefined) closedUntil = Math.max(closedUntil, now + resetMs);
    else fullAt = Math.max(fullAt, now + perMs - remaining * everyMs);
    tell();
  };

  return { turn, told, isOpen: () => waitMs() === 0 };
}
