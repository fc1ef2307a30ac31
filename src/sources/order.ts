import { compareUtf8 } from '../stores/utf8-order.ts';

/** What listings have taught about where new keys come. */
export type Order = {
  /** A listing of the tail starts after this key: a hundred matching files before the last. */
  readonly tailAfter?: string;
  /** The latest modification time of a matching file, by the clock of the store. */
  readonly newest?: number;
  /** Listings in a row whose new files all came after the tail began. */
  readonly proofs: number;
};

export const nothingLearned: Order = { proofs: 0 };

/** New files may come a little before the last key, where writers run side by side. */
const LOOKBACK = 100;

/** Once may be chance. */
const PROOFS = 2;

/** Have full listings shown that new keys come last? */
export const newKeysComeLast = ({ proofs, tailAfter }: Order): boolean => proofs >= PROOFS && tailAfter !== undefined;

/** Follows one listing to its end and draws the conclusions. */
export type Lesson = {
  readonly matched: (key: string, modifiedTime: number) => void;
  /** The next file matches but is left for later, because it is too young or there is no room: tails must not begin after it. */
  readonly leftBehind: (why: 'young' | 'no room') => void;
  /** Everything was listed. */
  readonly learned: () => Order;
};

/** `from` is where the listing begins, for one of the tail. */
export function lesson(before: Order, from?: string): Lesson {
  const ring: string[] = [];
  let noted = 0;
  let [news, late] = [0, 0];
  let newest = before.newest ?? Number.NEGATIVE_INFINITY;
  let lastKey = from;
  /** The key before the first file that was left behind; null: there is none before it. */
  let cap: string | null | undefined;
  let isFrozen = false;

  const matched = (key: string, modifiedTime: number): void => {
    ring[noted++ % (LOOKBACK + 1)] = key;
    lastKey = key;
    newest = Math.max(newest, modifiedTime);
    if (before.newest === undefined || modifiedTime <= before.newest || before.tailAfter === undefined) return;
    news++;
    if (compareUtf8(key, before.tailAfter) <= 0) late++;
  };

  const tailAfter = (): string | undefined => {
    const lookback = noted > LOOKBACK ? ring[noted % (LOOKBACK + 1)] : from;
    if (cap === null || lookback === undefined) return undefined;
    return cap !== undefined && compareUtf8(cap, lookback) < 0 ? cap : lookback;
  };

  return {
    matched,
    leftBehind: (why) => {
      if (cap === undefined) cap = lastKey ?? null;
      // What found no room is to be found again as new.
      if (why === 'no room') isFrozen = true;
    },
    learned: () => {
      const after = tailAfter();
      // A listing of the tail cannot see a late key, so it proves nothing.
      const known = isFrozen ? (before.newest ?? Number.NEGATIVE_INFINITY) : newest;
      // A listing of the tail cannot see a late key, so it proves nothing.
      const proofs = from !== undefined ? before.proofs : late > 0 ? 0 : before.proofs + (news > 0 && !isFrozen ? 1 : 0);
      return {
        ...(after !== undefined && { tailAfter: after }),
        ...(known > Number.NEGATIVE_INFINITY && { newest: known }),
        proofs: Math.min(proofs, PROOFS),
      };
    },
  };
}
