import type { Trigger } from '../api/annotations.ts';
import type { Failure } from '../api/failure.ts';

/** Tokens of triggers that ask for something and were not handled yet. */
export type Asked = { readonly [T in SourceTrigger]?: string };
export type SourceTrigger = Extract<Trigger, 'scan' | 'test' | 'retryFailed' | 'acceptLedger'>;

/** Whether something works: not tried yet, well since a moment, or failed and tried again at a moment. */
export type Health =
  | { readonly is: 'unknown' }
  | { readonly is: 'well'; readonly at: number }
  | { readonly is: 'failed'; readonly failure: Failure; readonly againAt: number };

/** A listing that reached the end. */
export type Past = { readonly startedAt: number; readonly endedAt: number; readonly tookMs: number };

/** All that the decision may look at. Moments are monotonic. The reconciler gathers it; nothing here reads a clock, a cache or a store. */
export type Seen = {
  readonly now: number;
  readonly suspended: boolean;
  readonly asked: Asked;
  readonly ledger: Health;
  /** The spec cannot be understood, or the policy does not allow it. */
  readonly refused?: Failure;
  readonly modified: 'known' | 'to write' | 'to list';
  readonly store: Health;
  /** Digest of the parts of the spec that change which files match. */
  readonly selection: string;
  readonly intervalMs: number;
  readonly newKeysComeLast: boolean;
  /** The listing that gives files to dispatch, while there is one. */
  readonly listing?: { readonly selection: string; readonly isParked: boolean; readonly token?: string };
  /** Another listing beside it. */
  readonly isCounting: boolean;
  readonly lastFull?: Past & { readonly selection: string };
  readonly lastScan?: Past;
  readonly lastCount?: Past;
  /** The `retry-failed` that this leader has begun: the ledger has forgiven; `isDone` once every failed record has begun again. */
  readonly retry?: { readonly token: string; readonly isDone: boolean };
  /** Only a full listing finds what is missing, and why. */
  readonly wanted?: string;
};

export type Step =
  | { readonly do: 'open ledger'; readonly acceptToken?: string }
  | { readonly do: 'test'; readonly token: string }
  | { readonly do: 'retry failed' | 'end retry'; readonly token: string }
  | { readonly do: 'write modified' }
  | { readonly do: 'probe' }
  | { readonly do: 'list'; readonly how: 'full' | 'tail' | 'count' | 'newest'; readonly because: string; readonly token?: string }
  /** Says what is wrong. Where it `halts`, listings end, too. */
  | { readonly do: 'report'; readonly failure: Failure; readonly halts: boolean; readonly againAt?: number }
  | { readonly do: 'wait'; readonly until?: number };

type Check = (seen: Seen) => Step | undefined;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const ledgerClosed: Check = ({ ledger, asked: { acceptLedger }, now }) => {
  const open: Step = { do: 'open ledger', ...(acceptLedger !== undefined && { acceptToken: acceptLedger }) };
  if (ledger.is === 'well') return acceptLedger === undefined ? undefined : open;
  if (ledger.is === 'unknown' || now >= ledger.againAt) return open;
  return acceptLedger !== undefined && ledger.failure.reason === 'LedgerIncomplete' ? open : undefined;
};

const ledgerFailed: Check = ({ ledger }) =>
  ledger.is === 'failed' ? { do: 'report', failure: ledger.failure, halts: true, againAt: ledger.againAt } : undefined;

/** A test tells what is wrong, so nothing that is wrong stands in its way. */
const testAsked: Check = ({ asked }) => (asked.test === undefined ? undefined : { do: 'test', token: asked.test });

const suspension: Failure = { reason: 'Suspended', message: 'spec.suspend is true, so nothing is scanned or ferried' };

const suspended: Check = ({ suspended }) => (suspended ? { do: 'report', failure: suspension, halts: true } : undefined);

const refused: Check = ({ refused }) => (refused ? { do: 'report', failure: refused, halts: true } : undefined);

/** The token is handled only when all have begun again: a leader that comes in the middle starts over, and none is left behind. */
const retryAsked: Check = ({ asked: { retryFailed: token }, retry }) => {
  if (token === undefined) return undefined;
  if (retry?.token !== token) return { do: 'retry failed', token };
  return retry.isDone ? { do: 'end retry', token } : undefined;
};

const modifiedUnwritten: Check = ({ modified }) => (modified === 'to write' ? { do: 'write modified' } : undefined);

/** A listing shows by itself whether the store works; who we are there may change without it. */
const PROBE_EVERY = 10 * MINUTE;

const unprobed: Check = ({ store, now, listing }) => {
  if (store.is === 'unknown') return { do: 'probe' };
  if (store.is === 'well') return now >= store.at + PROBE_EVERY && !listing ? { do: 'probe' } : undefined;
  return now >= store.againAt ? { do: 'probe' } : { do: 'report', failure: store.failure, halts: false, againAt: store.againAt };
};

const modifiedUnlisted: Check = ({ modified, isCounting }) => {
  if (modified !== 'to list') return undefined;
  return isCounting ? { do: 'wait' } : { do: 'list', how: 'newest', because: 'scan.modified.latest was edited' };
};

const scanAsked: Check = ({ asked: { scan: token }, listing }) =>
  token === undefined || token === listing?.token ? undefined : { do: 'list', how: 'full', because: 'asked by annotation', token };

const selectionEdited: Check = ({ lastFull, listing, selection }) => {
  if (listing ? listing.selection === selection : lastFull?.selection === selection) return undefined;
  return { do: 'list', how: 'full', because: lastFull || listing ? 'the selection was edited' : 'first scan' };
};

/** A bucket that takes long to list is left in peace for as long: listing takes half of the time at most. */
const rested = ({ startedAt, endedAt, tookMs }: Past, everyMs: number): number => Math.max(startedAt + everyMs, endedAt + tookMs);

/** While files wait for dispatch, others are counted, and those that came since are offered before them. */
const parked: Check = ({ listing, isCounting, lastCount, intervalMs, now }) => {
  if (!listing) return undefined;
  if (!listing.isParked || isCounting) return { do: 'wait' };
  const due = lastCount ? rested(lastCount, intervalMs) : now;
  return due <= now ? { do: 'list', how: 'count', because: 'files wait for a slot' } : { do: 'wait', until: due };
};

const fullWanted: Check = ({ wanted, lastScan, now }) => {
  if (wanted === undefined) return undefined;
  const due = lastScan ? lastScan.endedAt + Math.max(SECOND, lastScan.tookMs) : now;
  return due <= now ? { do: 'list', how: 'full', because: wanted } : { do: 'wait', until: due };
};

const notYet: Check = ({ lastScan, intervalMs, now }) => {
  const due = lastScan ? rested(lastScan, intervalMs) : now;
  return due > now ? { do: 'wait', until: due } : undefined;
};

/** Late keys hide before the tail. A full listing finds them, hourly, or less often where listing is slow. */
const fullDue: Check = ({ lastFull, newKeysComeLast, now }) => {
  if (!newKeysComeLast) return { do: 'list', how: 'full', because: 'new keys may come anywhere' };
  const due = lastFull && now - lastFull.endedAt >= Math.max(HOUR, 10 * lastFull.tookMs);
  return due ? { do: 'list', how: 'full', because: 'late keys' } : undefined;
};

const tail: Check = () => ({ do: 'list', how: 'tail', because: 'interval' });

/** Read from top to bottom: the first check with an answer wins. */
const checks: readonly Check[] = [
  ledgerClosed,
  testAsked,
  ledgerFailed,
  suspended,
  refused,
  retryAsked,
  modifiedUnwritten,
  unprobed,
  modifiedUnlisted,
  scanAsked,
  selectionEdited,
  parked,
  fullWanted,
  notYet,
  fullDue,
  tail,
];

/** What a source needs next. */
export function nextStep(seen: Seen): Step {
  for (const check of checks) {
    const step = check(seen);
    if (step) return step;
  }
  throw new Error('unreachable: the last check always answers');
}
