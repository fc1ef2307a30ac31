import type { IngestionFile } from '../api/ingestionfile.ts';
import type { Supply } from './port.ts';

/** The finished records of one source, and how many of them people want to see. */
export type Past = { readonly finished: readonly IngestionFile[]; readonly history: Supply['history'] };

/**
 * Finished records of one namespace that people have had long enough. Newer ones are kept up to the history that each source asks
 * for; where the namespace has `tooMany`, completed ones go first, then failed ones, the oldest of all sources first.
 */
export function toPrune(pasts: readonly Past[], tooMany: number): readonly IngestionFile[] {
  const beyond: IngestionFile[] = [];
  const kept: { readonly completed: IngestionFile[]; readonly failed: IngestionFile[] } = { completed: [], failed: [] };
  for (const { finished, history } of pasts) {
    const { completed, failed } = apart(finished);
    if (completed.length > history.completed) beyond.push(...newestFirst(completed).splice(history.completed));
    if (failed.length > history.failed) beyond.push(...newestFirst(failed).splice(history.failed));
    kept.completed.push(...completed);
    kept.failed.push(...failed);
  }
  const more = tooMany - beyond.length;
  if (more <= 0) return beyond;
  return [...beyond, ...[...newestFirst(kept.completed).reverse(), ...newestFirst(kept.failed).reverse()].slice(0, more)];
}

function apart(finished: readonly IngestionFile[]): { readonly completed: IngestionFile[]; readonly failed: IngestionFile[] } {
  return {
    completed: finished.filter(({ status }) => status.state === 'Completed'),
    failed: finished.filter(({ status }) => status.state !== 'Completed'),
  };
}

/** In place, so that what is spliced off is off. */
const newestFirst = (records: IngestionFile[]): IngestionFile[] => records.sort((a, b) => compare(time(b), time(a)));

/** Times of one writer in one form: their texts sort as they do. */
const time = ({ status, metadata }: IngestionFile): string => status.completionTime ?? metadata.creationTimestamp ?? '';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
