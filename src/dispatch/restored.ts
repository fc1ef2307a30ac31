import { annotations, maxToken } from '../api/annotations.ts';
import type { FileStatus, IngestionFile } from '../api/ingestionfile.ts';
import type { Outcome } from './port.ts';

/**
 * A backup keeps no status, so a record that was finished comes back as if nobody had begun it. Where the ledger knows its file as
 * done, this is the status it gets; undefined where the record is what it seems. What annotations asked for was served before.
 */
export function restored({ metadata, status }: IngestionFile, outcome: Outcome | undefined, now: number): FileStatus | undefined {
  const isUntouched = status.state === 'Pending' && status.attempts === 0 && status.startTime === undefined && !status.handled;
  if (!isUntouched || outcome === undefined) return undefined;
  const retry = metadata.annotations?.[annotations.retry]?.slice(0, maxToken);
  const force = metadata.annotations?.[annotations.force]?.slice(0, maxToken);
  return {
    state: outcome === 'completed' ? 'Completed' : 'Failed',
    message: `the ledger knows this file as ${outcome}; how it went is no longer known`,
    attempts: 0,
    retries: 0,
    completionTime: new Date(now).toISOString(),
    ...((retry !== undefined || force !== undefined) && {
      handled: { ...(retry !== undefined && { retry }), ...(force !== undefined && { force }) },
    }),
  };
}
