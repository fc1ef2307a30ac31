import type { FileStatus, IngestionFile } from '../api/ingestionfile.ts';

/** One death may be chance; after it the file travels alone. When three workers died with it alone, it is the file. */
const LONE_DEATHS = 3;

/** What to do with an unfinished record whose worker is gone. */
export type Rebinding = { readonly do: 'rebind' } | { readonly do: 'rebind as suspect' | 'fail'; readonly status: FileStatus };

/** Decides for one record. A worker that left in good order proves nothing against its files. */
export function rebinding({ status, spec }: IngestionFile, fate: 'left' | 'died', now: number): Rebinding {
  const message = `worker ${spec.worker} died; the file goes again, alone`;
  // A death counts once, even if it was written down and then the file could not be bound to another worker.
  const isCounted = status.state === 'Pending' && status.reason === 'WorkerLost' && status.message === message;
  if (fate === 'left' || isCounted) return { do: 'rebind' };
  const workersLost = (status.workersLost ?? 0) + 1;
  const { nextAttemptTime: _, ...kept } = status;
  if (workersLost > LONE_DEATHS) {
    const verdict = `${workersLost} workers died while they had this file, the last ${LONE_DEATHS} with nothing else in their hands`;
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
