import { type Failure, failureOf } from '../api/failure.ts';
import { type FileStatus, type IngestionFile, isFinished } from '../api/ingestionfile.ts';
import { backoffMs } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';
import type { Records } from './port.ts';

/** Writes the status of one record during one attempt, one write after the other. */
export type StatusWriter = {
  /** False when the record is no longer this attempt's to write: it is gone, bound elsewhere, or finished. Rejects with the signal's reason. */
  readonly write: (status: FileStatus, signal: AbortSignal) => Promise<boolean>;
  /** The version of the record that was seen last; undefined where it is gone. A copy that is older tells nothing about this attempt. */
  readonly lastSeen: () => string | undefined;
};

export type WriterOptions = {
  readonly records: Records;
  readonly clock: Clock;
  /** Hears why a write has to be repeated. */
  readonly onTrouble?: (failure: Failure) => void;
};

const pace = { baseMs: 1_000, maxMs: 30_000 };

/**
 * A verdict outlives outages and missing rights: it is written again until it is there, or until somebody else owns the record.
 * Whoever gave up here would ferry the file once more.
 */
export function statusWriter(begun: IngestionFile, { records, clock, onTrouble }: WriterOptions): StatusWriter {
  let latest: IngestionFile | undefined = begun;
  let lastSeen = begun.metadata.resourceVersion;
  let tail: Promise<unknown> = Promise.resolve();

  const see = (record: IngestionFile | undefined): void => {
    latest = record;
    lastSeen = record?.metadata.resourceVersion;
  };

  const once = async (status: FileStatus): Promise<'written' | 'lost' | Failure> => {
    if (!latest) return 'lost';
    try {
      see(await records.setStatus(latest, status));
      return 'written';
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (failure.reason !== 'ObjectChanged') return failure;
    }
    try {
      const now = await records.reread(latest);
      see(now);
      if (now && isOurWrite(now.status, status)) return 'written';
      if (now && isOurs(now)) return { reason: 'ObjectChanged', message: 'the record was changed in the meantime' };
      latest = undefined;
      return 'lost';
    } catch (thrown) {
      return failureOf(thrown);
    }
  };

  /** Attempts of one record are begun one after the other: one more than at the beginning is this one, as its own first write says. */
  const isOurs = ({ metadata, spec, status }: IngestionFile): boolean =>
    metadata.uid === begun.metadata.uid &&
    metadata.deletionTimestamp === undefined &&
    spec.worker === begun.spec.worker &&
    (status.attempts === begun.status.attempts || status.attempts === begun.status.attempts + 1) &&
    !isFinished(status);

  const write = async (status: FileStatus, signal: AbortSignal): Promise<boolean> => {
    let next = status;
    for (let tries = 0; ; tries++) {
      signal.throwIfAborted();
      const how = await once(next);
      if (how === 'written' || how === 'lost') return how === 'written';
      if (how.reason === 'ObjectChanged' && tries === 0) continue;
      onTrouble?.(how);
      // What the API server does not accept is most likely one of the details; the fate of the file must not hang on them.
      if (how.reason === 'ApiRefused') next = bare(status);
      await clock.sleep(how.retryAfterMs ?? backoffMs(pace, tries), signal);
    }
  };

  return {
    write: (status, signal) => {
      const turn = tail.then(() => write(status, signal));
      tail = turn.catch(() => {});
      return turn;
    },
    lastSeen: () => lastSeen,
  };
}

/** A write whose answer was lost looks like a conflict. */
const isOurWrite = (there: FileStatus, ours: FileStatus): boolean =>
  there.state === ours.state &&
  there.attempts === ours.attempts &&
  there.retries === ours.retries &&
  there.startTime === ours.startTime &&
  there.completionTime === ours.completionTime &&
  there.checkpoint?.batches === ours.checkpoint?.batches;

function bare(status: FileStatus): FileStatus {
  const { services: _services, applicationIds: _ids, warnings: _warnings, firstSpanTime: _first, lastSpanTime: _last, ...kept } = status;
  return kept;
}
