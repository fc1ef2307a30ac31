import { annotations, maxToken } from '../api/annotations.ts';
import { type FileStatus, type IngestionFile, isFinished } from '../api/ingestionfile.ts';
import { givingBackFailures, hasFailed } from './pack.ts';

/**
 * The status with which a finished record begins again, because an annotation asks for it: `retry` for a failed file, which goes on
 * where it was, `force` for a completed one, which starts over. The token is handled in the same write; undefined: nothing is asked.
 * A pack stays completed when what failed in it is to be retried: it gives those files back.
 */
export function asked(record: IngestionFile): FileStatus | undefined {
  const { metadata, status } = record;
  const tokens = metadata.annotations ?? {};
  const retry = tokens[annotations.retry]?.slice(0, maxToken);
  const force = tokens[annotations.force]?.slice(0, maxToken);
  if (force !== undefined && force !== status.handled?.force && isFinished(status))
    return again(status, { ...status.handled, force }, false);
  if (retry !== undefined && retry !== status.handled?.retry && hasFailed(record))
    return retried({ ...record, status: { ...status, handled: { ...status.handled, retry } } });
  return undefined;
}

/** What failed begins again without an annotation of its own: the source's `retry-failed`. */
export const retried = ({ spec, status }: IngestionFile): FileStatus =>
  spec.pack ? givingBackFailures(status) : again(status, status.handled, true);

function again(status: FileStatus, handled: FileStatus['handled'], keepCheckpoint: boolean): FileStatus {
  return {
    state: 'Pending',
    attempts: status.attempts,
    retries: 0,
    ...(handled && { handled }),
    ...(keepCheckpoint && status.checkpoint && { checkpoint: status.checkpoint }),
    // They have records of their own by now.
    ...(status.returned && { returned: status.returned }),
  };
}
