import type { Identity } from './identity.ts';

/** How a file ended, for ever or until somebody asks for it again. */
export type Outcome = 'completed' | 'failed';

export type Entry = Identity & { readonly outcome: Outcome };

/**
 * A set of entries, sorted by identity: three words an entry, and a bit that says whether the n-th one failed. Twelve bytes and a bit a file,
 * in memory as in the API server.
 */
export type Entries = { readonly words: Uint32Array<ArrayBuffer>; readonly failed: Uint8Array<ArrayBuffer> };

export const noEntries: Entries = { words: new Uint32Array(0), failed: new Uint8Array(0) };

/** How many entries there are. */
export const countOf = ({ words }: Entries): number => words.length / 3;

/** How many of them failed. */
export function failuresOf({ failed }: Entries): number {
  let count = 0;
  for (let bits of failed) for (; bits !== 0; bits &= bits - 1) count++;
  return count;
}

const isFailed = ({ failed }: Entries, at: number): boolean => (((failed[at >> 3] as number) >> (at & 7)) & 1) === 1;

/** Sorts loose entries. Of two with the same identity the later one counts. */
export function sorted(loose: readonly Entry[]): Entries {
  const newest = new Map(loose.map((entry) => [`${entry.high}/${entry.middle}/${entry.low}`, entry]));
  const ordered = [...newest.values()].sort((a, b) => a.high - b.high || a.middle - b.middle || a.low - b.low);
  const set = growing(ordered.length);
  for (const { high, middle, low, outcome } of ordered) set.add(high, middle, low, outcome === 'failed');
  return set.entries();
}

/** The identities of all entries, in their order. */
export function* identitiesIn({ words }: Entries): Generator<Identity, void, undefined> {
  for (let at = 0; at < words.length; at += 3) {
    yield { high: words[at] as number, middle: words[at + 1] as number, low: words[at + 2] as number };
  }
}

/** The entries `from` (included) to `to` (excluded). */
export const part = (entries: Entries, from: number, to: number = countOf(entries)): Entries =>
  only(entries, (at) => at >= from && at < to);

/** Both together; where both know a file, the newer one is right. */
export function merged(older: Entries, newer: Entries): Entries {
  const [olderCount, newerCount] = [countOf(older), countOf(newer)];
  const set = growing(olderCount + newerCount);
  let [o, n] = [0, 0];
  while (o < olderCount && n < newerCount) {
    const order = compare(older.words, 3 * o, newer.words, 3 * n);
    if (order < 0) set.take(older, o++);
    else {
      set.take(newer, n++);
      if (order === 0) o++;
    }
  }
  while (o < olderCount) set.take(older, o++);
  while (n < newerCount) set.take(newer, n++);
  return set.entries();
}

/** What is left when failures are forgiven. */
export const withoutFailures = (entries: Entries): Entries => only(entries, (at) => !isFailed(entries, at));

/** What is left without the files that `others` know, whatever they know of them. */
export const without = (others: Entries, entries: Entries): Entries =>
  only(entries, (at) => {
    const [high = 0, middle = 0, low = 0] = entries.words.subarray(3 * at, 3 * at + 3);
    return find(others, { high, middle, low }) === undefined;
  });

function only(entries: Entries, keep: (at: number) => boolean): Entries {
  const count = countOf(entries);
  const set = growing(count);
  for (let at = 0; at < count; at++) if (keep(at)) set.take(entries, at);
  return set.entries();
}

/** A set that is made of entries in their order, at most so many. */
function growing(most: number) {
  const words = new Uint32Array(3 * most);
  const failed = new Uint8Array(bitBytes(most));
  let count = 0;
  const add = (high: number, middle: number, low: number, hasFailed: boolean): void => {
    words[3 * count] = high;
    words[3 * count + 1] = middle;
    words[3 * count + 2] = low;
    if (hasFailed) failed[count >> 3] = (failed[count >> 3] as number) | (1 << (count & 7));
    count++;
  };
  return {
    add,
    take: (from: Entries, at: number): void =>
      add(from.words[3 * at] as number, from.words[3 * at + 1] as number, from.words[3 * at + 2] as number, isFailed(from, at)),
    // Mostly all of the room is used, and a copy would double the peak of a large merge.
    entries: (): Entries =>
      count === most ? { words, failed } : { words: words.slice(0, 3 * count), failed: failed.slice(0, bitBytes(count)) },
  };
}

/** Bytes for one bit of so many entries. */
export const bitBytes = (count: number): number => Math.ceil(count / 8);

/** The outcome of exactly this content of this file. */
export function find(entries: Entries, { high, middle, low }: Identity): Outcome | undefined {
  const { words } = entries;
  const at = firstNotBefore(words, high, middle, low);
  if (words[3 * at] !== high || words[3 * at + 1] !== middle || words[3 * at + 2] !== low) return undefined;
  return isFailed(entries, at) ? 'failed' : 'completed';
}

/** True if any content under this key is here. */
export function hasKey({ words }: Entries, { high, middle }: Identity): boolean {
  const key = (middle & 0xffffff00) >>> 0;
  const at = firstNotBefore(words, high, key, 0);
  return words[3 * at] === high && ((words[3 * at + 1] ?? 0) & 0xffffff00) >>> 0 === key && 3 * at < words.length;
}

function firstNotBefore(words: Uint32Array, high: number, middle: number, low: number): number {
  let [from, to] = [0, words.length / 3];
  while (from < to) {
    const at = (from + to) >>> 1;
    if (isBefore(words, 3 * at, high, middle, low)) from = at + 1;
    else to = at;
  }
  return from;
}

/** The first word nearly always tells, and the others are read only where it does not: a listing asks for every file that is done. */
function isBefore(words: Uint32Array, at: number, high: number, middle: number, low: number): boolean {
  const first = words[at] as number;
  if (first !== high) return first < high;
  const second = words[at + 1] as number;
  return second !== middle ? second < middle : (words[at + 2] as number) < low;
}

const compare = (a: Uint32Array, at: number, b: Uint32Array, bt: number): number =>
  (a[at] as number) - (b[bt] as number) || (a[at + 1] as number) - (b[bt + 1] as number) || (a[at + 2] as number) - (b[bt + 2] as number);
