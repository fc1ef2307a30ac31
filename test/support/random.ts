import { randomInt } from 'node:crypto';

/** Chance that can be had again: SEED=… in the environment repeats a run. */
export type Random = {
  readonly seed: number;
  /** From 0 to below 1. */
  readonly next: () => number;
  /** From 0 to below `limit`. */
  readonly below: (limit: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
};

/** mulberry32: small, fast and good enough to surprise us. Prints its seed. */
export function seeded(what: string, seed = Number(process.env.SEED ?? randomInt(2 ** 31))): Random {
  console.log(`${what}: SEED=${seed}`);
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[below(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  };
  return { seed, next, below, pick };
}
