import type { Identity } from './identity.ts';

/** How a file ended, for ever or until somebody asks for it again. */
export type Outcome = 'completed' | 'failed';

export type Entry = Identity & { readonly outcome: Outcome };

/** A set of entries, sorted by identity: three words an entry, and the outcome of the n-th in `failed[n]`. 13 bytes a file in memory. */
export type Entries = { readonly words: Uint32Array; readonly failed: Uint8Array };

export const noEntries: Entries = { words: new Uint32Array(0), failed: new Uint8Array(0) };

/** How many entries there are. */
export const countOf = (entries: Entries): number => entries.failed.length;

/** How many of them failed. */
export const failuresOf = ({ failed }: Entries): number => failed.reduce((sum, each) => sum + each, 0);

/** Sorts loose entries. Of two with the same identity the later one counts. */
export function sorted(loose: readonly Entry[]): Entries {
  const newest = new Map(loose.map((entry) => [`${entry.high}/${entry.middle}/${entry.low}`, entry]));
  const ordered = [...newest.values()].sort((a, b) => a.high - b.high || a.middle - b.middle || a.low - b.low);
  const words = new Uint32Array(3 * ordered.length);
  for (const [at, { high, middle, low }] of ordered.entries()) words.set([high, middle, low], 3 * at);
  return { words, failed: Uint8Array.from(ordered, ({ outcome }) => (outcome === 'failed' ? 1 : 0)) };
}

/** The identities of all entries, in their order. */
export function* identitiesIn({ words }: Entries): Generator<Identity, void, undefined> {
  for (let at = 0; at < words.length; at += 3) {
    yield { high: words[at] as number, middle: words[at + 1] as number, low: words[at + 2] as number };
  }
}

/** The entries `from` (included) to `to` (excluded). */
export const part = ({ words, failed }: Entries, from: number, to: number = failed.length): Entries => ({
  words: words.slice(3 * from, 3 * to),
  failed: failed.slice(from, to),
});

/** Both together; where both know a file, the newer one is right. */
export function merged(older: Entries, newer: Entries): Entries {
  const words = new Uint32Array(older.words.length + newer.words.length);
  const failed = new Uint8Array(older.failed.length + newer.failed.length);
  let count = 0;
  const put = (from: Entries, at: number) => {
    words[3 * count] = from.words[3 * at] as number;
    words[3 * count + 1] = from.words[3 * at + 1] as number;
    words[3 * count + 2] = from.words[3 * at + 2] as number;
    failed[count++] = from.failed[at] as number;
  };

  const [olderCount, newerCount] = [countOf(older), countOf(newer)];
  let [o, n] = [0, 0];
  while (o < olderCount && n < newerCount) {
    const order = compare(older.words, 3 * o, newer.words, 3 * n);
    if (order < 0) put(older, o++);
    else {
      put(newer, n++);
      if (order === 0) o++;
    }
  }
  while (o < olderCount) put(older, o++);
  while (n < newerCount) put(newer, n++);
  return { words: words.slice(0, 3 * count), failed: failed.slice(0, count) };
}

/** What is left when failures are forgiven. */
export const withoutFailures = (entries: Entries): Entries => only(entries, (at) => entries.failed[at] === 0);

/** The other part. */
export const onlyFailures = (entries: Entries): Entries =>
  failuresOf(entries) === 0 ? noEntries : only(entries, (at) => entries.failed[at] === 1);

/** What is left without completions of these files; the very same where there are none. */
export function withoutCompleted(files: Entries, entries: Entries): Entries {
  const hidden = new Set<number>();
  for (const { high, middle, low } of identitiesIn(files)) {
    const at = firstNotBefore(entries.words, high, middle, low);
    if (find(entries, { high, middle, low }) === 'completed') hidden.add(at);
  }
  return hidden.size === 0 ? entries : only(entries, (at) => !hidden.has(at));
}

/** What is left without the files that `others` know, whatever they know of them. */
export const without = (others: Entries, entries: Entries): Entries =>
  only(entries, (at) => {
    const [high = 0, middle = 0, low = 0] = entries.words.subarray(3 * at, 3 * at + 3);
    return find(others, { high, middle, low }) === undefined;
  });

function only({ words, failed }: Entries, keep: (at: number) => boolean): Entries {
  const kept = [...failed.keys()].filter(keep);
  const left = new Uint32Array(3 * kept.length);
  for (const [to, at] of kept.entries()) left.set(words.subarray(3 * at, 3 * at + 3), 3 * to);
  return { words: left, failed: Uint8Array.from(kept, (at) => failed[at] as number) };
}

/** The outcome of exactly this content of this file. */
export function find({ words, failed }: Entries, { high, middle, low }: Identity): Outcome | undefined {
  const at = firstNotBefore(words, high, middle, low);
  if (words[3 * at] !== high || words[3 * at + 1] !== middle || words[3 * at + 2] !== low) return undefined;
  return failed[at] === 1 ? 'failed' : 'completed';
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
    const [h, m] = [words[3 * at] as number, words[3 * at + 1] as number];
    const before = h !== high ? h < high : m !== middle ? m < middle : (words[3 * at + 2] as number) < low;
    if (before) from = at + 1;
    else to = at;
  }
  return from;
}

const compare = (a: Uint32Array, at: number, b: Uint32Array, bt: number): number =>
  (a[at] as number) - (b[bt] as number) || (a[at + 1] as number) - (b[bt + 1] as number) || (a[at + 2] as number) - (b[bt + 2] as number);
