import { makesFilesWait, sideOf } from '../api/failure.ts';
import type { FileStatus, IngestionFile } from '../api/ingestionfile.ts';
import type { SourceStatus } from '../api/ingestionsource.ts';
import { type Reason, reasons, type Side } from '../api/reasons.ts';

/** What the records of one source say together. */
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
  const failed: IngestionFile[] = [];

  for (const record of records) {
    const { status } = record;
    if (status.state === 'Completed') lastCompletionTime = later(lastCompletionTime, status.completionTime);
    else if (status.state === 'Failed') failed.push(record);
    else {
      if (status.state === 'Pending') pending++;
      else processing++;
      const created = Date.parse(record.metadata.creationTimestamp ?? '');
      if (created < (oldestPendingSince ?? Number.POSITIVE_INFINITY)) oldestPendingSince = created;
      const trouble = troubleOf(status);
      if (!trouble || !makesFilesWait(trouble.reason)) continue;
      waiting++;
      troubles[sideOf(trouble.reason) ?? 'neither'] ??= trouble;
    }
  }

  failed.sort((a, b) => endOf(b) - endOf(a));
  const lastFailureTime = failed[0]?.status.completionTime;
  return {
    pending,
    processing,
    waiting,
    troubles,
    recentFailures: failed.slice(0, MOST_FAILURES).map(shown),
    ...(lastCompletionTime !== undefined && { lastCompletionTime }),
    ...(lastFailureTime !== undefined && { lastFailureTime }),
    ...(oldestPendingSince !== undefined && { oldestPendingSince }),
  };
}

/** A file with a retry used has trouble of its own, whatever its reason: the store or destination may be well. */
function troubleOf({ reason, message, retries }: FileStatus): Trouble | undefined {
  return isReason(reason) && retries === 0 ? { reason, message: message ?? reasons[reason].means } : undefined;
}

const endOf = ({ status }: IngestionFile): number => Date.parse(status.completionTime ?? '') || 0;

const shown = ({ spec, status }: IngestionFile) => ({
  key: spec.key,
  reason: status.reason ?? 'InternalError',
  message: status.message ?? '',
});

/** The later of two moments, both in the form that the operator writes. */
export const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && Date.parse(b) > Date.parse(a)) ? b : a;
