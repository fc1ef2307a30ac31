import { annotations, maxToken } from '../api/annotations.ts';
import type { IngestionSource, SourceStatus } from '../api/ingestionsource.ts';
import type { Asked, SourceTrigger } from './next-step.ts';

const triggers = ['scan', 'test', 'retryFailed', 'acceptLedger'] as const satisfies readonly SourceTrigger[];

type Handled = NonNullable<SourceStatus['handled']>;

/**
 * Tokens that were not handled yet. What counts as handled stands in the ledger and in status: a backup may have dropped the one, and
 * somebody who starts over deletes the other.
 */
export function askedOf(
  { metadata, status }: Pick<IngestionSource, 'metadata' | 'status'>,
  ...also: readonly (Handled | undefined)[]
): Asked {
  const entries = triggers.flatMap((trigger) => {
    const token = metadata.annotations?.[annotations[trigger]]?.slice(0, maxToken);
    if (token === undefined || token === '') return [];
    return [status.handled, ...also].some((handled) => handled?.[trigger] === token) ? [] : [[trigger, token] as const];
  });
  return Object.fromEntries(entries);
}
