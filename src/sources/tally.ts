import type { Skip } from './filter.ts';

/** What one listing saw, in numbers. */
export type Tally = {
  readonly listed: number;
  readonly matched: number;
  /** Matching, and not known before. */
  readonly new: number;
  /** Matching, and neither done nor under way: what is still to come. */
  readonly left: number;
  readonly skipped: Readonly<Record<Skip, number>>;
  /** Objects that were left alone, by the ending of their key. */
  readonly endings: ReadonlyMap<string, number>;
};

/** The same while it is still counted. */
export type Counting = { -readonly [K in keyof Omit<Tally, 'skipped' | 'endings'>]: Tally[K] } & {
  readonly skipped: Record<Skip, number>;
  readonly endings: Map<string, number>;
};

/** A bucket may hold an ending for every file; people can read a few. */
const MOST_ENDINGS = 500;
const LONGEST_ENDING = 64;

export const counting = (): Counting => ({
  listed: 0,
  matched: 0,
  new: 0,
  left: 0,
  skipped: { prefix: 0, extension: 0, include: 0, exclude: 0, folder: 0, old: 0, late: 0, young: 0, odd: 0 },
  endings: new Map(),
});

export function countSkipped(tally: Counting, key: string, why: Skip): void {
  tally.skipped[why]++;
  const ending = endingOf(key);
  const before = tally.endings.get(ending);
  if (before !== undefined || tally.endings.size < MOST_ENDINGS) tally.endings.set(ending, (before ?? 0) + 1);
}

/** ".json", ".json.gz", or nothing: of the last part of the key alone, and with what stands before a compression. */
export function endingOf(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const ending = /[^.](\.[^.]+(?:\.(?:gz|zst))?)$/.exec(name)?.[1] ?? '';
  return ending.length <= LONGEST_ENDING ? ending : '';
}

/** The most frequent endings of what was left alone. */
export const mostSkipped = ({ endings }: Tally, most: number): readonly { readonly extension: string; readonly count: number }[] =>
  [...endings]
    .map(([extension, count]) => ({ extension, count }))
    .sort((a, b) => b.count - a.count || (a.extension < b.extension ? -1 : 1))
    .slice(0, most);
