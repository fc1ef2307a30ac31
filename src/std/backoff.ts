/** How waiting times grow: `baseMs`, doubled per attempt, never above `maxMs`. */
export type Backoff = { readonly baseMs: number; readonly maxMs: number };

/**
 * Waiting time before attempt `attempt` (0 is the first repetition). Half of it is drawn at random, so that many who failed
 * together do not come back together.
 */
export function backoffMs({ baseMs, maxMs }: Backoff, attempt: number, random: () => number = Math.random): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return full / 2 + (full / 2) * random();
}
