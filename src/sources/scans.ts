import { type Failure, failureOf } from '../api/failure.ts';
import type { Candidate } from '../api/supply.ts';
import type { Step } from '../observability/tracing.ts';
import type { Clock } from '../std/clock.ts';
import type { Store, StoredFile } from '../stores/store.ts';
import type { Filter } from './filter.ts';
import type { Lanes } from './lanes.ts';
import { type How, type Listed, list } from './listing.ts';
import { newest } from './newest.ts';
import type { Past, Seen } from './next-step.ts';
import { newKeysComeLast, nothingLearned, type Order } from './order.ts';
import type { Tally } from './tally.ts';

/** One listing that is to begin. */
export type Plan = {
  readonly how: How;
  readonly selection: string;
  readonly store: Pick<Store, 'list'>;
  readonly filter: Filter;
  /** Files modified before this moment do not match. */
  readonly notBefore: number;
  /** For `newest`: how many, and the rule that says so. */
  readonly latest?: { readonly rule: string; readonly count: number };
  /** Of the annotation that asked. */
  readonly token?: string;
};

/** What people see of the last scan. */
export type ScanReport = {
  readonly tally: Tally;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Was everything listed? */
  readonly isWhole: boolean;
};

/** The listings of one source, and what they have taught. At most one gives files to dispatch, at most one more runs beside it. */
export type Scans = {
  readonly seen: () => Pick<Seen, 'listing' | 'isCounting' | 'lastFull' | 'lastScan' | 'lastCount' | 'wanted' | 'newKeysComeLast'>;
  /** Begins a listing; one that runs in its place ends. */
  readonly start: (plan: Plan) => void;
  /** Asks for a full listing, and says why. */
  readonly want: (because: string) => void;
  /** Ends all listings. */
  readonly halt: () => void;
  readonly report: () => ScanReport | undefined;
  /** Files that match and are neither done nor under way, as far as is known. */
  readonly backlog: () => number;
  /** Has a listing of this selection come so far that files flow? */
  readonly hasBegun: (selection: string) => boolean;
  /** Dispatch took so many files; fewer than none where it gave some back. */
  readonly took: (files: number) => void;
};

export type ScansOptions = {
  readonly lanes: Lanes;
  /** The candidate that a file makes, unless it is done or under way. */
  readonly missing: (file: StoredFile) => Candidate | undefined;
  readonly clock: Clock;
  /** Begins the operator's own trace of a listing. */
  readonly trace: <T>(how: How, run: (step: Step) => Promise<T>) => Promise<T>;
  /** A listing ended, or parked. */
  readonly onChange: () => void;
  readonly onListed: (how: How, listed: Listed) => void;
  readonly onFailure: (failure: Failure) => void;
  /** The annotation with this token has had its listing. */
  readonly onServed: (token: string) => void;
  /** `newest` found the moment from which on files are welcome. */
  readonly onNewest: (rule: string, after: number) => void;
};

type Running = { readonly plan: Plan; readonly abort: AbortController; isParked: boolean };

export function scans(options: ScansOptions): Scans {
  const { lanes, clock, onChange } = options;
  let main: Running | undefined;
  let side: Running | undefined;
  let order: Order = nothingLearned;
  let [lastFull, lastScan, lastCount]: [(Past & { selection: string }) | undefined, Past | undefined, Past | undefined] = [
    undefined,
    undefined,
    undefined,
  ];
  let report: ScanReport | undefined;
  let begun: string | undefined;
  let wanted: string | undefined;
  /** What the last count found, less what was taken since. */
  let uncounted: number | undefined;

  const isSide = ({ how }: Plan): boolean => how === 'count' || how === 'newest';

  const start = (plan: Plan): void => {
    const running: Running = { plan, abort: new AbortController(), isParked: false };
    if (isSide(plan)) {
      side?.abort.abort();
      side = running;
    } else {
      main?.abort.abort();
      if (main && main.plan.selection !== plan.selection) forgetSelection();
      if (plan.how === 'full') wanted = undefined;
      main = running;
    }
    void follow(running);
  };

  /** What was learned of one selection says nothing about another. */
  const forgetSelection = (): void => {
    lanes.clear();
    side?.abort.abort();
    side = undefined;
    order = nothingLearned;
    [lastCount, uncounted] = [undefined, undefined];
  };

  const follow = async (running: Running): Promise<void> => {
    const { plan, abort } = running;
    if (!isSide(plan) && lastFull && lastFull.selection !== plan.selection) forgetSelection();
    const top = plan.how === 'newest' && plan.latest ? newest(plan.latest.count) : undefined;
    const startedMs = clock.monotonic();
    const orderBefore = order;
    try {
      const listed = await options.trace(plan.how, (step) =>
        list({
          ...options,
          ...plan,
          order,
          step,
          signal: abort.signal,
          onParked: (isParked) => park(running, isParked),
          onSecondPage: () => flow(running),
          ...(top && { onMatch: ({ modifiedTime }: StoredFile) => top.add(modifiedTime) }),
        }),
      );
      ended(running);
      learn(plan, listed, { startedAt: startedMs, endedAt: clock.monotonic(), tookMs: listed.tookMs }, orderBefore);
      if (top && plan.latest) options.onNewest(plan.latest.rule, top.floor() ?? 0);
    } catch (thrown) {
      if (abort.signal.aborted) return;
      ended(running);
      if (plan.how === 'full') wanted ??= 'the last full listing failed';
      options.onFailure(failureOf(thrown));
    }
    onChange();
  };

  /** A long listing need not end before files flow; a short one ends at once. */
  const flow = (running: Running): void => {
    if (running !== main || begun === running.plan.selection) return;
    begun = running.plan.selection;
    onChange();
  };

  const park = (running: Running, isParked: boolean): void => {
    running.isParked = isParked;
    begun = running.plan.selection;
    if (isParked && running.plan.token !== undefined) options.onServed(running.plan.token);
    if (running === main) onChange();
  };

  const ended = (running: Running): void => {
    if (main === running) main = undefined;
    if (side === running) side = undefined;
  };

  const learn = (plan: Plan, listed: Listed, past: Past, orderBefore: Order): void => {
    options.onListed(plan.how, listed);
    if (plan.how === 'newest') return;
    if (plan.how === 'count') {
      lastCount = past;
      uncounted = listed.tally.left;
    } else {
      lastScan = past;
      [lastCount, uncounted] = [undefined, undefined];
      begun = plan.selection;
      if (plan.how === 'full') lastFull = { ...past, selection: plan.selection };
      if (plan.token !== undefined) options.onServed(plan.token);
    }
    // A count that ended while this listing was parked knows more.
    if (order === orderBefore) order = listed.order;
    report = { tally: listed.tally, startedAt: listed.startedAt, endedAt: listed.endedAt, isWhole: plan.how !== 'tail' };
  };

  return {
    seen: () => ({
      isCounting: side !== undefined,
      newKeysComeLast: newKeysComeLast(order),
      ...(main && { listing: { ...pick(main.plan), isParked: main.isParked } }),
      ...(lastFull && { lastFull }),
      ...(lastScan && { lastScan }),
      ...(lastCount && { lastCount }),
      ...(wanted !== undefined && { wanted }),
    }),
    start,
    want: (because) => {
      wanted = because;
      onChange();
    },
    halt: () => {
      main?.abort.abort();
      side?.abort.abort();
      [main, side] = [undefined, undefined];
      lanes.clear();
      // What was in the lanes is found again only by a full listing.
      wanted = 'listing was interrupted';
    },
    report: () => report,
    backlog: () => Math.max(lanes.size(), main ? (uncounted ?? 0) : 0),
    hasBegun: (selection) => begun === selection,
    took: (files) => {
      if (uncounted !== undefined) uncounted -= files;
    },
  };
}

const pick = ({ selection, token }: Plan) => ({ selection, ...(token !== undefined && { token }) });
