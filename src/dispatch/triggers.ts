import { annotations, maxToken } from '../api/annotations.ts';
import { type FileStatus, type IngestionFile, isFinished } from '../api/ingestionfile.ts';

/**
 * The status with which a finished record begins again, because an annotation asks for it: `retry` for a failed file, which goes on
 * where it was, `force` for a completed one, which starts over. The token is handled in the same write; undefined: nothing is asked.
 */
export function asked({ metadata, status }: IngestionFile): FileStatus | undefined {
  const tokens = metadata.annotations ?? {};
  const retry = tokens[annotations.retry]?.slice(0, maxToken);
  const force = tokens[annotations.force]?.slice(0, maxToken);
  if (force !== undefined && force !== status.handled?.force && isFinished(status))
    return again(status, { ...status.handled, force }, false);
  if (retry !== undefined && retry !== status.handled?.retry && status.state === 'Failed')
    return again(status, { ...status.handled, retry }, true);
  return undefined;
}

/** A failed record begins again without an annotation of its own: the source's `retry-failed`. */
export const retried = (status: FileStatus): FileStatus => again(status, status.handled, true);

function again(status: FileStatus, handled: FileStatus['handled'], keepCheckpoint: boolean): FileStatus {
  return {
    state: 'Pending',
    attempts: status.attempts,
    retries: 0,
    ...(handled && { handled }),
    ...(keepCheckpoint && status.checkpoint && { checkpoint: status.checkpoint }),
  };
}
