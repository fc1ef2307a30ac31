import { failureOf, kindOf } from '../api/failure.ts';
import type { FileStatus, IngestionFile } from '../api/ingestionfile.ts';
import type { Clock } from '../std/clock.ts';
import type { Records } from './port.ts';

/** Writes the status of one record during one attempt, one write after the other. */
export type StatusWriter = {
  /** False when the record is no longer this attempt's to write: it is gone, bound elsewhere, or begun anew. Rejects with the signal's reason. */
  readonly write: (status: FileStatus, signal: AbortSignal) => Promise<boolean>;
};

const AGAIN_MS = 1_000;

/** A verdict outlives outages: it is written again until it is there, or until somebody else owns the record. */
export function statusWriter(records: Records, begun: IngestionFile, clock: Clock): StatusWriter {
  let latest: IngestionFile | undefined = begun;
  let tail: Promise<unknown> = Promise.resolve();

  const attempt = async (status: FileStatus): Promise<'written' | 'again' | 'lost'> => {
    if (!latest) return 'lost';
    try {
      latest = await records.setStatus(latest, status);
      return 'written';
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (failure.reason === 'ObjectChanged') {
        latest = await stillOurs(latest);
        return latest ? 'again' : 'lost';
      }
      if (kindOf(failure) === 'transient') return 'again';
      throw thrown;
    }
  };

  const stillOurs = async (known: IngestionFile): Promise<IngestionFile | undefined> => {
    const now = await records.reread(known);
    const same =
      now !== undefined &&
      now.metadata.uid === known.metadata.uid &&
      now.metadata.deletionTimestamp === undefined &&
      now.spec.worker === begun.spec.worker &&
      now.status.attempts === known.status.attempts &&
      now.status.state !== 'Completed' &&
      now.status.state !== 'Failed';
    return same ? now : undefined;
  };

  const write = async (status: FileStatus, signal: AbortSignal): Promise<boolean> => {
    for (;;) {
      const how = await attempt(status).catch((thrown) => {
        if (kindOf(failureOf(thrown)) === 'transient') return 'again' as const;
        throw thrown;
      });
      if (how !== 'again') return how === 'written';
      await clock.sleep(AGAIN_MS, signal);
    }
  };

  return {
    write: (status, signal) => {
      const turn = tail.then(() => write(status, signal));
      tail = turn.catch(() => {});
      return turn;
    },
  };
}
