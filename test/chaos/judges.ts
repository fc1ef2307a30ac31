import { type IngestionFile, isSuperseded, titleOf } from '../../src/api/ingestionfile.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import type { Outcome } from '../../src/api/supply.ts';
import type { Disturbance, Request } from './history.ts';
import { failsWith, idsOf, isPoison, numberOf, type TrueFile, versionOf } from './truth.ts';

/** What became of one content of one file, as far as the bucket and the ledger know. */
export type Trace = {
  readonly file: TrueFile;
  readonly version: number;
  readonly etag: string;
  /** It is what lies in the bucket in the end. */
  readonly isCurrent: boolean;
  readonly outcome: Outcome | undefined;
  /** It was overwritten unread, whatever became of it later: an ending of its own. */
  readonly wasSuperseded: boolean;
};

/** What a process holds when everything is over. */
export type Weight = { readonly process: string; readonly handles: number; readonly megabytes: number };

/** All that a judge may look at. */
export type Evidence = {
  readonly traces: readonly Trace[];
  readonly requests: readonly Request[];
  readonly disturbances: readonly Disturbance[];
  readonly sources: readonly IngestionSource[];
  readonly records: readonly IngestionFile[];
  readonly weights: readonly Weight[];
  /** What the same processes held before they did the same work a few times more. */
  readonly before: readonly Weight[];
  /** What kept somebody from gathering evidence. */
  readonly troubles: readonly string[];
};

/** One guarantee in words, and everything that breaks it. */
type Judge = { readonly guarantee: string; readonly complaints: (evidence: Evidence) => readonly string[] };

/** A checkpoint is at most this old while the API server can be reached: 15 s, and the time that a write takes on a busy machine. */
const CHECKPOINT_MS = 20_000;
/** An answer that was sent is heard by then. */
const UNHEARD_MS = 1_000;

/** A process that has just started has about 30. */
const MOST_HANDLES = 80;
const MOST_MEGABYTES = 400;
/** Connections that are kept for a while, and a heap that has not been collected yet. */
const MOST_HANDLES_MORE = 10;
const MOST_MEGABYTES_MORE = 40;

const isDone = (outcome: Outcome | undefined): boolean => outcome === 'completed' || outcome === 'failed';

const isGood = ({ writing }: TrueFile): boolean => failsWith[writing] === undefined;

const nothingMissing: Judge = {
  guarantee: 'every span is acknowledged, or rejected with a reason',
  complaints: ({ traces, requests }) => {
    const taken = new Set(requests.flatMap(({ took }) => [...took]));
    const sampled = new Set(requests.flatMap(({ status, ids, took }) => (status === 200 ? ids.filter((id) => !took.has(id)) : [])));
    return traces
      .filter(({ file, isCurrent }) => isCurrent && isGood(file))
      .flatMap(({ file, version }) => {
        const missing = idsOf(file, version).filter((id) => !taken.has(id) && !sampled.has(id) && !isPoison(file, id));
        return missing.length > 0 ? [`${file.key}: ${missing.length} of ${file.spans} spans, the first is ${missing[0]}`] : [];
      });
  },
};

const nothingInvented: Judge = {
  guarantee: 'nothing arrives that is in no file',
  complaints: ({ traces, requests }) => {
    const known = new Set(traces.map(({ file, version }) => `${file.number}/${version}`));
    const strange = new Set(requests.flatMap(({ ids }) => ids.filter((id) => !known.has(`${numberOf(id)}/${versionOf(id)}`))));
    return [...strange];
  },
};

const duplicatesBounded: Judge = {
  guarantee: 'duplicates come from a crash, a pause or a lost acknowledgement, and reach back to the last checkpoint at most',
  complaints: ({ traces, requests, disturbances }) => {
    const files = new Map(traces.map(({ file }) => [file.number, file]));
    const before = new Map<string, Request>();
    const unexcused = new Map<string, number>();
    for (const request of requests) {
      for (const id of request.took) {
        const first = before.get(id);
        before.set(id, request);
        const file = files.get(numberOf(id));
        if (first === undefined || isExcused(first, request, file, disturbances)) continue;
        const pair = `${file?.key} (${file?.writing}): ${sender(first)}, then ${sender(request)}`;
        unexcused.set(pair, (unexcused.get(pair) ?? 0) + 1);
      }
    }
    return [...unexcused].map(([pair, count]) => `${pair}: ${count} spans again, and nothing explains it`);
  },
};

const sender = ({ process, at }: Request): string => `${process ?? 'somebody'} at ${(at / 1_000).toFixed(1)}`;

/** Something explains that spans of `first` were sent again. */
const isExcused = (first: Request, again: Request, file: TrueFile | undefined, disturbances: readonly Disturbance[]): boolean =>
  !first.acknowledged ||
  disturbances.some(
    ({ from, until, process, slot, source, file: hit, underWay }) =>
      first.at >= from - (underWay ? UNHEARD_MS : CHECKPOINT_MS) &&
      first.came <= until &&
      from <= again.at &&
      (first.process === undefined || process === undefined || process === first.process) &&
      (first.process === undefined || slot === undefined || first.process.startsWith(`${slot}.`)) &&
      (source === undefined || source === file?.source) &&
      (hit === undefined || hit === file?.number),
  );

const nothingUnfinished: Judge = {
  guarantee: 'nothing is left unfinished',
  complaints: ({ traces, sources, records, troubles }) => [
    ...troubles,
    ...sources.flatMap(({ metadata: { name }, status: { files = {}, conditions = [] } }) => {
      const open = (files.pending ?? 0) + (files.processing ?? 0) + (files.backlog ?? 0);
      const troubles = conditions.filter(({ type, status }) => (type === 'Ready' && status !== 'True') || type === 'Stalled');
      return [
        ...(open > 0 ? [`source ${name} still has ${JSON.stringify(files)}`] : []),
        ...troubles.map(({ type, reason, message }) => `source ${name} is not well: ${type} ${reason}: ${message}`),
      ];
    }),
    ...records.flatMap(({ spec, status }) =>
      status.state === 'Pending' || status.state === 'Processing'
        ? [`${titleOf(spec)} is ${status.state} at ${spec.worker}: ${status.reason ?? ''} ${status.message ?? ''}`]
        : [],
    ),
    ...traces.flatMap(({ file, isCurrent, outcome }) => (isCurrent && !isDone(outcome) ? [`the ledger does not know ${file.key}`] : [])),
  ],
};

const recordsTellTheTruth: Judge = {
  guarantee: 'every record tells the truth',
  complaints: ({ traces, records }) => {
    const known = new Map(traces.map((trace) => [`${trace.file.key} ${trace.etag}`, trace]));
    return records.flatMap((record) => {
      const { spec, status } = record;
      if (spec.pack) return packTellsTheTruth(record, known);
      const trace = known.get(`${spec.key} ${spec.version}`);
      const said = `${spec.key} (${trace?.file.writing}) is ${status.state}: ${status.reason ?? ''} ${status.message ?? ''}`;
      if (!trace) return [`${said}, and there has never been such a file`];
      const { file, isCurrent, outcome, wasSuperseded } = trace;
      if (isSuperseded(record, { key: file.key, version: trace.etag }))
        return wasSuperseded || isDone(outcome) ? [] : [`${said}; the ledger does not know that`];
      if (outcome !== undefined && outcome !== status.state.toLowerCase()) return [`${said}; the ledger says ${outcome}`];
      if (!isGood(file)) return status.state === 'Failed' && isRightReason(status.reason, trace) ? [] : [said];
      if (!isCurrent) return [];
      if (status.state !== 'Completed') return [said];
      const spans = (status.spans ?? 0) + (status.rejectedSpans ?? 0);
      const isKnown = status.spans !== undefined;
      return isKnown && spans !== file.spans ? [`${said}: ${status.spans} + ${status.rejectedSpans} spans of ${file.spans}`] : [];
    });
  },
};

/** What a finished pack did not give back is in the ledger as it says, with all spans of the file. */
function packTellsTheTruth({ spec, status }: IngestionFile, known: ReadonlyMap<string, Trace>): readonly string[] {
  if (status.state !== 'Completed') return [`a pack is ${status.state}: ${status.reason ?? ''} ${status.message ?? ''}`];
  const returned = new Set(status.returned?.map(({ index }) => index));
  return (spec.pack ?? []).flatMap(({ key, version }, index) => {
    const trace = known.get(`${key} ${version}`);
    const said = `${key} (${trace?.file.writing}) in the pack ${titleOf(spec)}`;
    if (!trace) return [`${said}: there has never been such a file`];
    if (returned.has(index)) return [];
    const unread = status.unread?.find((each) => each.index === index);
    if (unread?.reason === 'Superseded')
      return trace.wasSuperseded || isDone(trace.outcome) ? [] : [`${said} is Superseded; the ledger does not know that`];
    const outcome = unread === undefined ? 'completed' : 'failed';
    if (trace.outcome !== outcome) return [`${said} is ${outcome}; the ledger says ${trace.outcome}`];
    const spans = status.packSpans?.[index];
    const isWhole = spans === trace.file.spans || unread !== undefined || spans === undefined || status.rejectedSpans !== 0;
    return isWhole ? [] : [`${said}: ${spans} spans of ${trace.file.spans}`];
  });
}

/** A record that was restored from the ledger has no reason any more; one that was made for a file that is gone found nothing to read. */
const isRightReason = (reason: string | undefined, { file, isCurrent }: Trace): boolean =>
  reason === undefined || reason === failsWith[file.writing] || (reason === 'Deleted' && !isCurrent);

const totalsTellTheTruth: Judge = {
  guarantee: 'every total tells the truth',
  complaints: ({ traces, sources }) =>
    sources.flatMap(({ metadata: { name }, status: { files = {}, totals = {}, ledger = {} } }) => {
      const mine = traces.filter(({ file }) => file.source === name);
      const [delivered, failed, superseded] = [
        mine.filter(({ outcome }) => outcome === 'completed'),
        mine.filter(({ outcome }) => outcome === 'failed'),
        mine.filter(({ wasSuperseded }) => wasSuperseded),
      ];
      const completed = [...delivered, ...superseded];
      const all = completed.length + failed.length;
      const counted = { completed: files.completed, failed: files.failed, files: totals.files, entries: ledger.entries };
      const truth = { completed: completed.length, failed: failed.length, files: all, entries: all };
      const spans = (totals.spans ?? 0) + (totals.rejectedSpans ?? 0);
      const least = sum(delivered.filter(({ isCurrent }) => isCurrent));
      const most = sum(completed.filter(({ file }) => isGood(file)));
      return [
        ...(JSON.stringify(counted) === JSON.stringify(truth)
          ? []
          : [`${name} says ${JSON.stringify(counted)}, the ledger ${JSON.stringify(truth)}`]),
        ...(spans >= least && spans <= most ? [] : [`${name} says ${spans} spans, there are ${least} to ${most}`]),
      ];
    }),
};

const sum = (traces: readonly Trace[]): number => traces.reduce((all, { file }) => all + file.spans, 0);

const noRetries: Judge = {
  guarantee: 'an outage uses no retries',
  complaints: ({ sources, records }) => [
    ...sources.flatMap(({ metadata: { name }, status: { totals } }) => (totals?.retries ? [`${name} used ${totals.retries}`] : [])),
    ...records.flatMap(({ spec, status }) =>
      status.retries > 0 ? [`${titleOf(spec)} used ${status.retries}: ${status.reason} ${status.message}`] : [],
    ),
  ],
};

const nothingLeaks: Judge = {
  guarantee: 'a process that has nothing to do holds few handles and little memory, and no more after the same work again',
  complaints: ({ weights, before }) =>
    weights.flatMap(({ process, handles, megabytes }) => {
      const was = before.find((each) => each.process === process);
      const held = `${process} holds ${handles} handles and ${Math.round(megabytes)} MB`;
      if (handles > MOST_HANDLES || megabytes > MOST_MEGABYTES) return [held];
      const isGrown = was !== undefined && (handles - was.handles > MOST_HANDLES_MORE || megabytes - was.megabytes > MOST_MEGABYTES_MORE);
      return isGrown ? [`${held}, after ${was.handles} and ${Math.round(was.megabytes)} MB`] : [];
    }),
};

/** Everything that is judged in the end. */
const judges: readonly Judge[] = [
  nothingMissing,
  nothingInvented,
  duplicatesBounded,
  nothingUnfinished,
  recordsTellTheTruth,
  totalsTellTheTruth,
  noRetries,
  nothingLeaks,
];

/** Of each guarantee the first few breaches: who reads hundreds reads none. */
const MOST_LISTED = 12;

export const complaintsOf = (evidence: Evidence): readonly string[] =>
  judges.flatMap(({ guarantee, complaints }) => {
    const all = complaints(evidence).map((each) => `${guarantee}: ${each}`);
    return all.length > MOST_LISTED ? [...all.slice(0, MOST_LISTED), `${guarantee}: and ${all.length - MOST_LISTED} more`] : all;
  });
