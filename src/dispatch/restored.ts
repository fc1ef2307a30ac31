import { annotations, maxToken } from '../api/annotations.ts';
import { type FileStatus, filesOf, type IngestionFile } from '../api/ingestionfile.ts';
import type { Supply } from '../api/supply.ts';

/**
 * A backup keeps no status, so a record that was finished comes back as if nobody had begun it. Where the ledger knows one of its
 * files as done, this is the status it gets; undefined where the record is what it seems. What annotations asked for was served before.
 */
export function restored({ metadata, spec, status }: IngestionFile, outcomeOf: Supply['outcome'], now: number): FileStatus | undefined {
  const isUntouched = status.state === 'Pending' && status.attempts === 0 && status.startTime === undefined && !status.handled;
  if (!isUntouched) return undefined;
  const outcomes = filesOf(spec).map(outcomeOf);
  const [outcome] = outcomes;
  // What was overwritten unread may have been put back, and this its new record: only reading it tells.
  if (outcomes.every((each) => each === undefined || each === 'superseded')) return undefined;
  const retry = metadata.annotations?.[annotations.retry]?.slice(0, maxToken);
  const force = metadata.annotations?.[annotations.force]?.slice(0, maxToken);
  return {
    ...(spec.pack
      ? packAsKnown(outcomes)
      : {
          state: outcome === 'completed' ? 'Completed' : 'Failed',
          message: `the ledger knows this file as ${outcome}; how it went is no longer known`,
        }),
    // At least one: it must never look untouched again.
    attempts: 1,
    retries: 0,
    completionTime: new Date(now).toISOString(),
    ...((retry !== undefined || force !== undefined) && {
      handled: { ...(retry !== undefined && { retry }), ...(force !== undefined && { force }) },
    }),
  };
}

/** A finished pack had given back what the ledger does not know. */
function packAsKnown(outcomes: readonly ReturnType<Supply['outcome']>[]): Pick<FileStatus, 'state' | 'message' | 'returned' | 'unread'> {
  const those = (wanted: string | undefined) => outcomes.flatMap((outcome, index) => (outcome === wanted ? [index] : []));
  const unknown = those(undefined);
  return {
    state: 'Completed',
    message: `the ledger knows ${outcomes.length - unknown.length} of ${outcomes.length} files as done; how that went is no longer known`,
    returned: unknown.map((index) => ({ index, reason: 'Restored', message: 'the ledger does not know this file: it goes alone' })),
    unread: [
      ...those('failed').map((index) => ({ index, reason: 'Restored', message: 'the ledger knows this file as failed' })),
      ...those('superseded').map((index) => ({ index, reason: 'Superseded', message: 'the ledger knows that new content came' })),
    ],
  };
}
