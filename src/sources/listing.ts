import { setImmediate } from 'node:timers/promises';
import type { Candidate, Lane } from '../api/supply.ts';
import type { Step } from '../observability/tracing.ts';
import { ahead } from '../std/ahead.ts';
import type { Clock } from '../std/clock.ts';
import type { Page, Store, StoredFile } from '../stores/store.ts';
import type { Filter } from './filter.ts';
import type { Lanes } from './lanes.ts';
import { type Lesson, lesson, type Order } from './order.ts';
import { type Counting, counting, countSkipped, type Tally } from './tally.ts';

/**
 * full: everything, in as many steps as dispatch takes files. tail: what comes last, likewise. count: everything, without waiting
 * for anybody. newest: everything, only to find the moment of the N-th newest file.
 */
export type How = 'full' | 'tail' | 'count' | 'newest';

/** What a listing does with files that match. */
export type ListingOptions = {
  readonly how: How;
  readonly store: Pick<Store, 'list'>;
  readonly filter: Filter;
  readonly notBefore: number;
  readonly order: Order;
  readonly lanes: Lanes;
  /** The candidate that a file makes, unless it is done or under way. Files that wait in a lane are neither. */
  readonly missing: (file: StoredFile) => Candidate | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The operator's own trace of this listing. */
  readonly step: Step;
  /** The listing waits for dispatch, or goes on. */
  readonly onParked: (isParked: boolean) => void;
  readonly onSecondPage: () => void;
  /** Sees every match, for what else is to be learned. */
  readonly onMatch?: (file: StoredFile) => void;
};

/** What came of a listing that reached the end. */
export type Listed = {
  readonly tally: Tally;
  readonly order: Order;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Without the time it was parked. */
  readonly tookMs: number;
};

/** Lists to the end, holding a page and the one after it. Throws what the store throws, and the signal's reason. */
export async function list(options: ListingOptions): Promise<Listed> {
  const { how, store, order, notBefore, clock, signal, step } = options;
  const from = how === 'tail' ? order.tailAfter : undefined;
  const tally = counting();
  const learning = lesson(order, from);
  const startedAt = clock.now();
  const begunMs = clock.monotonic();
  let parkedMs = 0;
  let pages = 0;
  const visit = visitor(options, tally, learning);

  const listing = store.list({ signal, notBefore, ...(from !== undefined && { startAfter: from }) });
  for await (const { files } of ahead(traced(listing, step))) {
    // The next page is asked for before this one is looked at; and a long listing must not keep verdicts and leases waiting. In the first
    // turn undici looks whether the server has closed an idle connection, and only in the second the request leaves.
    await setImmediate();
    await setImmediate();
    signal.throwIfAborted();
    if (++pages === 2) options.onSecondPage();
    const now = clock.now();
    for (const file of files) {
      const blocked = visit(file, now);
      if (blocked) parkedMs += await parked(options, blocked);
    }
    if (how === 'count') await clock.sleep(COUNT_PAUSE_MS, signal);
  }
  step.note({ 'spanferry.listed': tally.listed, 'spanferry.matched': tally.matched, 'spanferry.new': tally.new });
  return { tally, order: learning.learned(), startedAt, endedAt: clock.now(), tookMs: clock.monotonic() - begunMs - parkedMs };
}

/** Each page is a step of its own: what the store takes for it. The last one tells that there is no more. */
async function* traced(listing: AsyncIterable<Page>, step: Step): AsyncGenerator<Page, void, undefined> {
  const pages = listing[Symbol.asyncIterator]();
  try {
    for (;;) {
      const page = await step.within('page', () => pages.next());
      if (page.done) return;
      yield page.value;
    }
  } finally {
    await pages.return?.();
  }
}

/** Counting is for people, so it lets everything else go first. */
const COUNT_PAUSE_MS = 5;

type Blocked = { readonly candidate: Candidate; readonly lane: Lane };

/** Looks at one file after the other. Says where there was no room for one that must not be left out. */
function visitor(options: ListingOptions, tally: Counting, learning: Lesson): (file: StoredFile, now: number) => Blocked | undefined {
  const { how, filter, order, lanes, missing, onMatch } = options;
  const freshAfter = order.newest ?? Number.POSITIVE_INFINITY;

  const place = (candidate: Candidate, lane: Lane): Blocked | undefined => {
    if (how === 'count' && lane === 'backlog') return undefined;
    if (lanes.offer(candidate, lane)) return undefined;
    if (how !== 'count') return { candidate, lane };
    learning.leftBehind('no room');
    return undefined;
  };

  return (file, now) => {
    tally.listed++;
    const why = filter(file, now);
    if (why === 'young') learning.leftBehind('young');
    if (why) {
      countSkipped(tally, file.key, why);
      return undefined;
    }
    tally.matched++;
    onMatch?.(file);
    if (how === 'newest') return undefined;
    const lane = file.modifiedTime > freshAfter ? 'fresh' : 'backlog';
    let blocked: Blocked | undefined;
    const candidate = missing(file);
    if (candidate) {
      tally.left++;
      if (!lanes.queued(candidate) && (how !== 'count' || lane === 'fresh')) tally.new++;
      blocked = place(candidate, lane);
    }
    learning.matched(file.key, file.modifiedTime);
    return blocked;
  };
}

/** Waits until dispatch has taken enough; returns how long that took. */
async function parked({ lanes, clock, signal, onParked }: ListingOptions, { candidate, lane }: Blocked): Promise<number> {
  const since = clock.monotonic();
  onParked(true);
  do await lanes.room(lane, signal);
  while (!lanes.offer(candidate, lane));
  onParked(false);
  return clock.monotonic() - since;
}
