import type { FileStatus, IngestionFile, NamedFile } from '../api/ingestionfile.ts';
import { undecidedIn } from './pack.ts';

/** One death may be chance; after it the file travels alone. When three workers died with it alone, it is the file. */
const LONE_DEATHS = 3;

/** What to do with an unfinished record whose worker is gone. */
export type Rebinding =
  | { readonly do: 'rebind' }
  | { readonly do: 'rebind as suspect' | 'fail'; readonly status: FileStatus }
  /** A pack ends as `status`, and what was not delivered of it goes on in halves that begin as `suspicion`. */
  | {
      readonly do: 'split';
      readonly status: FileStatus;
      readonly halves: readonly (readonly NamedFile[])[];
      readonly suspicion: FileStatus;
    };

/** Decides for one record. A worker that left in good order proves nothing against its files. */
export function rebinding(record: IngestionFile, fate: 'left' | 'died', now: number): Rebinding {
  const { status, spec } = record;
  const message = `worker ${spec.worker} died; the file goes again, alone`;
  // Before a worker begins a suspect it says `Processing`. One that is Pending was in nobody's hands, and a death counts once.
  const isUnbegun = status.state === 'Pending' && (status.workersLost ?? 0) > 0;
  if (fate === 'left' || isUnbegun) return { do: 'rebind' };
  const workersLost = (status.workersLost ?? 0) + 1;
  if (spec.pack) return splitting(record, workersLost, now);
  const { nextAttemptTime: _, ...kept } = status;
  if (workersLost > LONE_DEATHS) {
    const verdict = `${workersLost} workers died while they had this file, the last ${LONE_DEATHS} with nothing but it or its pack in their hands`;
    return {
      do: 'fail',
      status: {
        ...kept,
        state: 'Failed',
        reason: 'WorkerLost',
        message: verdict,
        workersLost,
        completionTime: new Date(now).toISOString(),
      },
    };
  }
  return { do: 'rebind as suspect', status: { ...kept, state: 'Pending', reason: 'WorkerLost', message, workersLost } };
}

/** Any of the files may have killed the worker: halves tell which, and never more than half of them fail to arrive. */
function splitting(record: IngestionFile, workersLost: number, now: number): Rebinding {
  const { spec, status } = record;
  const { checkpoint } = status;
  const left = undecidedIn(record);
  const files = left.flatMap((index) => spec.pack?.[index] ?? []);
  const middle = Math.ceil(files.length / 2);
  const message = `worker ${spec.worker} died; the file goes again with half of its pack, alone`;
  return {
    do: 'split',
    halves: [files.slice(0, middle), files.slice(middle)].filter(({ length }) => length > 0),
    suspicion: { state: 'Pending', reason: 'WorkerLost', message, attempts: 0, retries: 0, workersLost },
    status: {
      ...status,
      state: 'Completed',
      reason: 'WorkerLost',
      message: `worker ${spec.worker} died; ${left.length} of ${spec.pack?.length} files go again, in halves`,
      ...(checkpoint && { spans: checkpoint.spans, rejectedSpans: checkpoint.rejectedSpans }),
      files: (spec.pack?.length ?? 0) - left.length - (status.returned?.length ?? 0) - (status.unread?.length ?? 0),
      returned: [...(status.returned ?? []), ...left.map((index) => ({ index, reason: 'WorkerLost', message }))],
      completionTime: new Date(now).toISOString(),
    },
  };
}
