import { type Condition, conditionTypes } from '../api/conditions.ts';
import { explain, type Failure, kindOf } from '../api/failure.ts';
import { clip } from '../api/fields.ts';
import type { LedgerHead } from '../api/ingestionledger.ts';
import type { SourceSpec, SourceStatus } from '../api/ingestionsource.ts';
import { platformOf } from '../api/store.ts';
import { clearConditions, type Moment, markReady, markReconciling, markStalled, setCondition } from '../control/conditions.ts';
import { type Census, later } from './census.ts';
import { shownAfter } from './modified.ts';
import type { ScanReport } from './scans.ts';
import { counted, noSpans, nothingMatches, number } from './sentence.ts';
import { mostSkipped } from './tally.ts';

/** All that is known of a source when its status is written. */
export type Known = {
  readonly before: SourceStatus;
  readonly spec: SourceSpec;
  readonly moment: Moment;
  readonly location?: string;
  readonly identity?: string;
  /** Where the bucket is, when it is not where the spec says. */
  readonly region?: string;
  /** What of the place cannot be read although all is well. */
  readonly partly?: string;
  /** Where files are slices of time: up to when all are done. */
  readonly doneUntil?: number;
  /** Why nothing is scanned: suspended, refused, no ledger, no store. */
  readonly stopped?: Failure;
  /** Whether the store works: undefined while nobody knows. */
  readonly store?: Failure | 'well';
  /** Why the destination cannot even be tried. */
  readonly destination?: Failure;
  /** Why no records can be created. */
  readonly unbound?: Failure;
  /** Has a listing come so far that files flow? */
  readonly hasBegun: boolean;
  readonly census: Census;
  /** What is written, not what is known: status tells what would be there after a crash. */
  readonly ledger?: { readonly head: LedgerHead; readonly segments: number };
  /** Files that are done with but not yet in there: for people they are under way until they count as done. */
  readonly unwritten: number;
  readonly backlog: number;
  readonly scan?: ScanReport;
  readonly test?: SourceStatus['lastTest'];
};

const MOST_SKIPPED = 10;

/** The status of a source, from all that is known. Pure: what did not change comes back as it was. */
export function summarise(known: Known): SourceStatus {
  const { before, location, identity, ledger, test, scan } = known;
  const conditions = conditionsOf(known);
  const isHandled = conditions.some(({ type, status }) => (type === 'Ready' || type === 'Stalled') && status === 'True');
  const modifiedAfter = ledger ? shownAfter(ledger.head.modified) : before.modifiedAfter;
  const handled = { ...before.handled, ...ledger?.head.handled, ...(test && { test: test.token }) };
  const { modifiedAfter: _, ...kept } = before;
  return {
    ...kept,
    observedGeneration: isHandled ? known.moment.generation : before.observedGeneration,
    conditions: inOrder(conditions),
    ...(location !== undefined && { location }),
    ...(identity !== undefined && { identity: clip(identity) }),
    ...(modifiedAfter !== undefined && { modifiedAfter }),
    ...numbers(known),
    ...times(known),
    ...(scan && { lastScan: shownScan(scan) }),
    ...(test && { lastTest: test }),
    ...(Object.keys(handled).length > 0 && { handled }),
  };
}

function numbers({ before, census, ledger, backlog }: Known): Pick<SourceStatus, 'files' | 'totals' | 'ledger' | 'recentFailures'> {
  const { completed = before.files?.completed ?? 0, failed = before.files?.failed ?? 0 } = ledger?.head ?? {};
  return {
    files: { pending: census.pending, processing: census.processing, completed, failed, backlog },
    recentFailures: census.recentFailures.map(({ key, reason, message }) => ({ key, reason, message: clip(message) })),
    ...(ledger && { totals: ledger.head.totals, ledger: { entries: ledger.head.expectedEntries, segments: ledger.segments } }),
  };
}

function times({ before, census }: Known): Pick<SourceStatus, 'lastCompletionTime' | 'lastFailureTime'> {
  const lastCompletionTime = later(before.lastCompletionTime, census.lastCompletionTime);
  const lastFailureTime = later(before.lastFailureTime, census.lastFailureTime);
  return { ...(lastCompletionTime !== undefined && { lastCompletionTime }), ...(lastFailureTime !== undefined && { lastFailureTime }) };
}

const shownScan = ({ tally, startedAt, endedAt }: ScanReport): NonNullable<SourceStatus['lastScan']> => ({
  startTime: new Date(startedAt).toISOString(),
  completionTime: new Date(endedAt).toISOString(),
  listed: tally.listed,
  matched: tally.matched,
  new: tally.new,
  skipped: [...mostSkipped(tally, MOST_SKIPPED)],
});

type Conditions = readonly Condition[];

/** People read from the top: Ready first. Conditions that somebody else set come last. */
const inOrder = (list: Conditions): Condition[] => [...list].sort((a, b) => rank(a) - rank(b));

const order: readonly string[] = conditionTypes;

function rank({ type }: Condition): number {
  const at = order.indexOf(type);
  return at < 0 ? order.length : at;
}

/** Trouble of the store comes first: without it, nothing reaches the destination anyway. */
function conditionsOf(known: Known): Conditions {
  const { before, moment, stopped, hasBegun, store, census, destination, unbound } = known;
  const atStore = store === 'well' || store === undefined ? census.troubles.store : store;
  const atDestination = destination ?? census.troubles.destination;
  const list = sides(before.conditions ?? [], known, atStore, atDestination);
  if (stopped?.reason === 'Suspended') return markReady(list, suspension(known), moment);
  const failure = stopped ?? atStore ?? unbound ?? atDestination ?? census.troubles.neither;
  if (failure) return failing(list, failure, moment);
  if (hasBegun) return markReady(list, readiness(known), moment);
  const wasReady = before.observedGeneration === moment.generation && list.some(({ type }) => type === 'Ready');
  // A new leader looks for itself; until it has seen something else, what was said before holds.
  if (wasReady) return list;
  const message = `looking at ${known.location ?? 'the store'}`;
  return markReconciling(list, { reason: 'Scanning', message }, moment, 'Unknown');
}

function sides(
  list: Conditions,
  { store, moment, stopped, region, partly }: Known,
  atStore?: Failure,
  atDestination?: Failure,
): Conditions {
  const well = { status: 'True', reason: 'Reachable' } as const;
  let after = list;
  if (atStore) after = setCondition(after, side('StoreReady', atStore), moment);
  else if (store === 'well') after = setCondition(after, { ...well, type: 'StoreReady', ...reached(region, partly) }, moment);
  else if (!stopped) after = clearConditions(after, ...stale(after, 'StoreReady', moment));
  if (atDestination) return setCondition(after, side('DestinationReady', atDestination), moment);
  return setCondition(after, { ...well, type: 'DestinationReady', message: 'no file waits for the destination' }, moment);
}

/** A bucket in another region is read there all the same, and that is worth a word; so is what a platform does not give. */
function reached(region: string | undefined, partly: string | undefined): { readonly reason?: string; readonly message: string } {
  if (partly !== undefined) return { reason: 'PartlyReachable', message: `the store can be listed and read, but not all of it: ${partly}` };
  if (region === undefined) return { message: 'the store can be listed and read' };
  const mismatch: Failure = { reason: 'RegionMismatch', message: `the bucket is in ${region}, where it can be listed and read` };
  return { reason: mismatch.reason, message: explain(mismatch) };
}

const side = (type: string, failure: Failure) => ({ type, status: 'False', reason: failure.reason, message: explain(failure) }) as const;

/** What was found for another spec is no longer known. */
const stale = (list: Conditions, type: string, { generation }: Moment): readonly string[] =>
  list.some((each) => each.type === type && each.observedGeneration !== generation) ? [type] : [];

/** Where somebody must act the source is stalled, although it goes on by itself once they did; all else is on its way. */
function failing(list: Conditions, failure: Failure, moment: Moment): Conditions {
  const said = { reason: failure.reason, message: explain(failure) };
  return kindOf(failure) === 'transient' ? markReconciling(list, said, moment) : markStalled(list, said, moment);
}

/** A source that is suspended is as its spec wants it, so it is no failure for those who wait for it or watch over it. */
const suspension = (known: Known) => ({ reason: 'Suspended', message: `suspended: nothing is scanned or ferried; ${progressOf(known)}` });

function readiness(known: Known): { readonly reason: string; readonly message: string } {
  const { scan, spec, ledger } = known;
  const progress = progressOf(known);
  const silence = ledger && ledger.head.completed > 0 && ledger.head.totals.spans === 0 && known.backlog === 0 ? noSpans(spec) : undefined;
  if (silence !== undefined) return { reason: 'NoData', message: `${progress}, ${silence}` };
  if (!scan?.isWhole || scan.tally.matched > 0) return { reason: 'Flowing', message: progress };
  const nothing = nothingMatches(scan.tally, spec, ledger && shownAfter(ledger.head.modified));
  const isNew = (ledger?.head.expectedEntries ?? 0) === 0 && underWay(known) === 0;
  return { reason: 'NoData', message: isNew ? nothing : `${progress}; now: ${nothing}` };
}

/** "1,204 files done, 3 under way" */
function progressOf(known: Known): string {
  const { spec, ledger, backlog, doneUntil } = known;
  const parts = [
    `${counted(ledger?.head.completed ?? 0, platformOf(spec.store) ? 'slice' : 'file')} done`,
    `${number(underWay(known))} under way`,
    backlog > 0 && `${number(backlog)} to come`,
    doneUntil !== undefined && `complete up to ${new Date(doneUntil).toISOString().slice(0, 16)}Z`,
    (ledger?.head.failed ?? 0) > 0 && `${number(ledger?.head.failed ?? 0)} failed`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

const underWay = ({ census, unwritten }: Known): number => census.pending + census.processing + unwritten;
