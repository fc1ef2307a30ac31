import type { Failure } from '../api/failure.ts';
import { kindOf } from '../api/failure.ts';
import { clip, maxMessage } from '../api/fields.ts';
import { type FileStatus, filesOf, type IngestionFile, type NamedFile } from '../api/ingestionfile.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import type { Summary } from '../transcode/port.ts';
import { noSpanType, unexpectedApplications } from './application.ts';
import { type Ferried, type Progress, rejectionText } from './ferry.ts';
import { acknowledgedIn, completedIn, except, packedStatus, packedWords, undecided } from './packed.ts';

/** All that a verdict may look at. */
export type Seen = {
  readonly record: IngestionFile;
  readonly spec: SourceSpec;
  readonly ferried: Exclude<Ferried, { ended: 'fenced' }>;
  readonly progress: Progress;
  readonly fingerprint: string;
  readonly startedAt: number;
  readonly now: number;
};

/** A writer may still be at work on a file that ends in the middle, for so long after it was modified. */
const UNFINISHED_MS = 5 * 60_000;

const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 5 * 60_000;

/** What is written on the record after an attempt. Pure. */
export function verdict(seen: Seen): FileStatus {
  switch (seen.ferried.ended) {
    case 'done':
      return completed(seen, seen.ferried.summary);
    case 'waiting':
      return { ...underWay(seen), state: 'Pending', ...words(seen.ferried.failure), ...checkpointed(seen) };
    case 'failed':
      return seen.progress.packed ? givenBack(seen, seen.ferried.failure) : failed(seen, seen.ferried.failure);
    default:
      return seen.ferried satisfies never;
  }
}

/** An attempt that was given up for a reason outside the file: it goes on later from where it was. */
export const interrupted = (seen: Omit<Seen, 'ferried'>): FileStatus => ({ ...underWay(seen), state: 'Pending', ...checkpointed(seen) });

/** An attempt that takes longer than a moment. */
export const processing = (seen: Omit<Seen, 'ferried'>): FileStatus => ({
  ...underWay(seen),
  state: 'Processing',
  ...(seen.record.status.workersLost !== undefined && { reason: 'WorkerLost' }),
  ...checkpointed(seen),
});

/** What every status of this attempt has in common. */
function underWay({ record: { status }, startedAt }: Omit<Seen, 'ferried'>): Omit<FileStatus, 'state'> {
  return {
    attempts: status.attempts,
    retries: status.retries,
    startTime: time(startedAt),
    ...(status.workersLost !== undefined && { workersLost: status.workersLost }),
    ...(status.handled && { handled: status.handled }),
  };
}

function completed(seen: Seen, summary: Summary): FileStatus {
  const { spec, progress, now } = seen;
  const { workersLost: _, ...rest } = underWay(seen);
  const rejectedSpans = progress.rejectedSpans + summary.rejectedSpans;
  return {
    ...rest,
    state: 'Completed',
    ...rejection(seen, summary),
    ...(progress.packed && { ...packedStatus(progress.packed), ...packedWords(progress.packed, seen.record) }),
    files: progress.packed ? completedIn(progress.packed) : 1,
    spans: progress.spans,
    rejectedSpans,
    requests: progress.requests,
    completionTime: time(now),
    ...contents(summary),
    warnings: warnings(spec, progress, summary),
  };
}

/** What was read, for people. */
const contents = ({ bytes, firstSpanTime, lastSpanTime, services, applicationIds }: Summary): Partial<FileStatus> => ({
  bytes,
  ...(firstSpanTime !== undefined && { firstSpanTime: spanTime(firstSpanTime) }),
  ...(lastSpanTime !== undefined && { lastSpanTime: spanTime(lastSpanTime) }),
  services: services.slice(0, 20).map((each) => clip(each, 256)),
  applicationIds: applicationIds.slice(0, 20).map((each) => clip(each, 256)),
});

/** A pack does not fail: each file about which nothing is decided goes on alone, where it has retries and may fail. */
function givenBack(seen: Seen, failure: Failure): FileStatus {
  const { packed } = seen.progress;
  if (!packed) return failed(seen, failure);
  const rest = { ...packed };
  for (const index of undecided(packed)) except(rest, index, failure);
  return completed({ ...seen, progress: { ...seen.progress, packed: rest } }, rest.summary);
}

/** Spans that were left out are a fact on the record of a completed file: how many, and why the first one. */
function rejection({ progress }: Seen, summary: Summary): Pick<FileStatus, 'reason' | 'message'> {
  const [first] = [...summary.rejected, ...progress.rejected];
  return first ? words(first) : {};
}

function warnings(spec: SourceSpec, progress: Progress, summary: Summary): NonNullable<FileStatus['warnings']> {
  // Those of a pack were looked at file by file.
  const strange = progress.packed ? undefined : unexpectedApplications(spec, summary.applicationIds);
  const all = [
    ...(strange ? [{ message: strange, count: 1 }] : []),
    ...(progress.hasSpanType === false ? [{ message: noSpanType, count: 1 }] : []),
    ...(progress.warning !== undefined ? [{ message: `the destination says: ${progress.warning}`, count: 1 }] : []),
    ...rejections(progress),
    ...summary.warnings.map(({ message, count }) => ({ message, count })),
  ];
  return bounded(all);
}

function failed(seen: Seen, failure: Failure): FileStatus {
  const { record, progress, now, spec } = seen;
  if (failure.reason === 'Superseded') {
    return {
      ...underWay(seen),
      state: 'Completed',
      ...words(failure),
      files: 1,
      spans: progress.spans,
      rejectedSpans: progress.rejectedSpans,
      completionTime: time(now),
    };
  }
  const retries = record.status.retries;
  if (mayRetry(failure, Date.parse((filesOf(record.spec) as [NamedFile])[0].modifiedTime), now) && retries < spec.retry.maxRetries) {
    const wait = failure.retryAfterMs ?? Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** retries);
    return {
      ...underWay(seen),
      state: 'Pending',
      retries: retries + 1,
      ...words(failure),
      nextAttemptTime: time(now + wait),
      ...checkpointed(seen),
    };
  }
  // Of a batch in the middle, too, a part may have arrived.
  const spans = progress.spans + (progress.rest?.sift.accepted ?? 0);
  const delivered = spans > 0 ? `; ${spans} spans of this file had been delivered before` : '';
  return {
    ...underWay(seen),
    state: 'Failed',
    ...words({ ...failure, message: `${failure.message}${delivered}` }),
    files: 0,
    spans,
    rejectedSpans: progress.rejectedSpans,
    requests: progress.requests,
    completionTime: time(now),
    ...checkpointed(seen),
  };
}

/** Bad content stays bad; a file that ends in the middle may only be young. */
function mayRetry(failure: Failure, modified: number, now: number): boolean {
  if (failure.reason === 'Truncated') return now - modified < UNFINISHED_MS;
  return kindOf(failure) === 'transient';
}

/** How far the file has come, and why spans were rejected on the way: whoever goes on must be able to say so in the end. */
function checkpointed({ progress, fingerprint, now }: Omit<Seen, 'ferried'>): Partial<FileStatus> {
  const { batches, spans, rejectedSpans, packed } = progress;
  const ofPack = packed && { ...packedStatus(packed), ...contents(packed.summary) };
  if (batches === 0) return { ...ofPack };
  const files = packed && acknowledgedIn(packed);
  const warnings = rejections(progress);
  return {
    ...ofPack,
    ...(files !== undefined && { files }),
    checkpoint: { batches, ...(files !== undefined && { files }), spans, rejectedSpans, fingerprint, time: time(now) },
    ...(warnings.length > 0 && { warnings: bounded(warnings) }),
  };
}

type Warnings = NonNullable<FileStatus['warnings']>;

const rejections = ({ rejected }: Progress): Warnings =>
  rejected.map((each) => ({ message: rejectionText(each), count: Math.max(1, each.spans) }));

const bounded = (all: Warnings): Warnings => all.slice(0, 20).map(({ message, count }) => ({ message: clip(message, 512), count }));

const words = ({ reason, message }: Pick<Failure, 'reason' | 'message'>) => ({ reason, message: clip(message, maxMessage) });

const time = (ms: number): string => new Date(ms).toISOString();

/** Nanoseconds to the milliseconds that people read; nothing where a clock was so wrong that no calendar has it. */
const spanTime = (ns: bigint): string => new Date(Math.min(Number(ns / 1_000_000n), 253_402_300_799_999)).toISOString();
