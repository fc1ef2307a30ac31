import type { Clock } from '../std/clock.ts';

/** What is known about the largest request that an endpoint takes. Proxies limit bodies to a megabyte more often than people know. */
export type Limit = {
  /** Would a body of this size be too large? Then it need not be tried. */
  readonly forbids: (bytes: number) => boolean;
  /** A body of this size was too large. */
  readonly learn: (bytes: number) => void;
};

/** Afterwards it is tried again: somebody may have raised it. */
const REMEMBERED_MS = 600_000;

export function limit(clock: Clock): Limit {
  let smallest = Number.POSITIVE_INFINITY;
  let until = 0;
  const forbids = (bytes: number) => bytes >= smallest && clock.monotonic() < until;
  return {
    forbids,
    learn: (bytes) => {
      if (clock.monotonic() >= until) {
        smallest = bytes;
        until = clock.monotonic() + REMEMBERED_MS;
      }
      smallest = Math.min(smallest, bytes);
    },
  };
}
