import { hash } from 'node:crypto';
import { type Semaphore, semaphore } from '../../std/semaphore.ts';
import type { Slice } from './grid.ts';
import type { Written } from './otlp.ts';

/**
 * What was delivered of one place not long ago. Platforms give a span more than once: because its slice is read again, because
 * its trace reaches into two slices, because something was added to its trace. A span is left out only where exactly this content of it was accepted
 * by the destination before; so what a failed attempt had read is read and delivered again.
 */
export type Memory = {
  /** How long after the end of a slice its spans may come again. */
  readonly keepMs: number;
  /** One slice of a place at a time: what two read side by side, neither knows of the other. */
  readonly turn: Semaphore;
  /**
   * Begins to read a slice. What an earlier attempt has read of the same pass is no repeat, accepted or not: who reads a pass again was asked
   * for all of it.
   */
  readonly begin: (slice: Slice, version: string) => Reading;
  /** All that was read last of this pass was accepted. */
  readonly accepted: (slice: Slice, version: string) => void;
};

export type Reading = {
  /** Was exactly this accepted before, or read a moment ago? If not, it is noted. */
  readonly isRepeat: (written: Written) => boolean;
};

type Accepted = { readonly name: string; readonly to: number; readonly hashes: BigUint64Array };

/** 8 bytes each. What is beyond is forgotten, the oldest first, and may be delivered once more. */
const MOST = 2_000_000;
const MOST_READINGS = 4;

export function memory(keepMs: number): Memory {
  const reading = new Map<string, Set<bigint>>();
  let past: Accepted[] = [];
  const nameOf = ({ key }: Slice, version: string) => `${key} ${version}`;

  const forget = (): void => {
    const newest = Math.max(...past.map(({ to }) => to));
    past = past.filter(({ to }) => to + keepMs >= newest);
    for (let size = past.reduce((sum, { hashes }) => sum + hashes.length, 0); size > MOST; ) size -= past.shift()?.hashes.length ?? size;
  };

  return {
    keepMs,
    turn: semaphore(1),
    begin: (slice, version) => {
      const seen = new Set<bigint>();
      const reads = nameOf(slice, version);
      reading.delete(reads);
      reading.set(reads, seen);
      // What was read long ago and never accepted belongs to attempts that have ended.
      const [oldest] = reading.keys();
      if (reading.size > MOST_READINGS && oldest !== undefined) reading.delete(oldest);
      return {
        isRepeat: (written) => {
          const id = idOf(written);
          if (seen.has(id) || past.some(({ name, hashes }) => name !== reads && includes(hashes, id))) return true;
          if (seen.size < MOST) seen.add(id);
          return false;
        },
      };
    },
    accepted: (slice, version) => {
      const name = nameOf(slice, version);
      const seen = reading.get(name);
      reading.delete(name);
      if (!seen || seen.size === 0) return;
      past.push({ name, to: slice.to, hashes: BigUint64Array.from(seen).sort() });
      forget();
    },
  };
}

/** 64 bits of trace id, span id and content: with a million spans remembered, one in 10^13 new ones is taken for one of them. */
const idOf = ({ around, span }: Written): bigint => hash('sha256', `${around}\n${span}`, 'buffer').readBigUInt64LE(0);

function includes(sorted: BigUint64Array, id: bigint): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as bigint) < id) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === id;
}
