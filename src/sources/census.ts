import { makesFilesWait, sideOf } from '../api/failure.ts';
import { type FileStatus, filesOf, type IngestionFile } from '../api/ingestionfile.ts';
import type { SourceStatus } from '../api/ingestionsource.ts';
import { type Reason, reasons, type Side } from '../api/reasons.ts';

/** What the records of one source say together. It counts files, of which a pack has many. */
export type Census = {
  readonly pending: number;
  readonly processing: number;
  /** Of all time, as far as records are kept. */
  readonly lastCompletionTime?: string;
  readonly lastFailureTime?: string;
  /** Newest first. */
  readonly recentFailures: NonNullable<SourceStatus['recentFailures']>;
  /** Files that wait for something outside themselves. */
  readonly waiting: number;
  /** What they wait for, one of each side; `neither` is that of the spec or of the operator. */
  readonly troubles: { readonly [side in Side | 'neither']?: Trouble };
  readonly oldestPendingSince?: number;
};

export type Trouble = { readonly reason: Reason; readonly message: string };

const MOST_FAILURES = 5;

const isReason = (text: string | undefined): text is Reason => text !== undefined && Object.hasOwn(reasons, text);

/** Counts in one pass. */
export function census(records: Iterable<IngestionFile>): Census {
  let [pending, processing, waiting] = [0, 0, 0];
  let oldestPendingSince: number | undefined;
  const troubles: { [side in Side | 'neither']?: Trouble } = {};
  let lastCompletionTime: string | undefined;
  const failures: Failing[] = [];

  for (const record of records) {
    const { status } = record;
    failures.push(...failuresOf(record));
    if (status.state === 'Completed') lastCompletionTime = later(lastCompletionTime, status.completionTime);
    else if (status.state !== 'Failed') {
      const files = filesOf(record.spec).length;
      if (status.state === 'Pending') pending += files;
      else processing += files;
      const created = Date.parse(record.metadata.creationTimestamp ?? '');
      if (created < (oldestPendingSince ?? Number.POSITIVE_INFINITY)) oldestPendingSince = created;
      const trouble = troubleOf(status);
      if (!trouble || !makesFilesWait(trouble.reason)) continue;
      waiting += files;
      troubles[sideOf(trouble.reason) ?? 'neither'] ??= trouble;
    }
  }

  failures.sort((a, b) => b.at - a.at);
  const lastFailureTime = failures[0]?.time;
  return {
    pending,
    processing,
    waiting,
    troubles,
    recentFailures: failures.slice(0, MOST_FAILURES).map(({ key, reason, message }) => ({ key, reason, message })),
    ...(lastCompletionTime !== undefined && { lastCompletionTime }),
    ...(lastFailureTime !== undefined && { lastFailureTime }),
    ...(oldestPendingSince !== undefined && { oldestPendingSince }),
  };
}

/** A file with a retry used has trouble of its own, whatever its reason: the store or destination may be well. */
function troubleOf({ reason, message, retries }: FileStatus): Trouble | undefined {
  return isReason(reason) && retries === 0 ? { reason, message: message ?? reasons[reason].means } : undefined;
}

type Failing = Census['recentFailures'][number] & { readonly time: string | undefined; readonly at: number };

/** Files that failed: that of a record, or some of a completed pack. */
function failuresOf({ spec, status }: IngestionFile): readonly Failing[] {
  const time = status.completionTime;
  const at = Date.parse(time ?? '') || 0;
  if (status.state === 'Failed') {
    return filesOf(spec).map(({ key }) => ({ key, reason: status.reason ?? 'InternalError', message: status.message ?? '', time, at }));
  }
  const unread = status.unread?.filter(({ reason }) => reason !== 'Superseded') ?? [];
  return unread.map(({ index, reason, message }) => ({ key: spec.pack?.[index]?.key ?? '', reason, message, time, at }));
}

/** The later of two moments, both in the form that the operator writes. */
export const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && Date.parse(b) > Date.parse(a)) ? b : a;
