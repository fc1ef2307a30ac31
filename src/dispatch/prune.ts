import { filesOf, type IngestionFile } from '../api/ingestionfile.ts';
import type { Supply } from '../api/supply.ts';

/** The finished records of one source, and how many files people want to see. */
export type Past = { readonly finished: readonly IngestionFile[]; readonly history: Supply['history'] };

/**
 * Finished records of one namespace that people have had long enough. Newer ones are kept up to the history that each source asks
 * for, which counts files; where the namespace has `tooMany`, completed ones go first, then failed ones, the oldest of all sources first.
 */
export function toPrune(pasts: readonly Past[], tooMany: number): readonly IngestionFile[] {
  const beyond: IngestionFile[] = [];
  const kept: { readonly completed: IngestionFile[]; readonly failed: IngestionFile[] } = { completed: [], failed: [] };
  for (const { finished, history } of pasts) {
    const { completed, failed } = apart(finished);
    for (const [records, files, its] of [
      [completed, history.completed, kept.completed],
      [failed, history.failed, kept.failed],
    ] as const) {
      const most = recordsWith(newestFirst(records), files);
      its.push(...records.slice(0, most));
      beyond.push(...records.slice(most));
    }
  }
  const more = tooMany - beyond.length;
  if (more <= 0) return beyond;
  return [...beyond, ...[...newestFirst(kept.completed).reverse(), ...newestFirst(kept.failed).reverse()].slice(0, more)];
}

/** How many of the first records hold so many files. A pack is kept whole, or not at all. */
function recordsWith(records: readonly IngestionFile[], files: number): number {
  let seen = 0;
  const enough = records.findIndex(({ spec }) => {
    if (seen >= files) return true;
    seen += filesOf(spec).length;
    return false;
  });
  return enough < 0 ? records.length : enough;
}

function apart(finished: readonly IngestionFile[]): { readonly completed: IngestionFile[]; readonly failed: IngestionFile[] } {
  return {
    completed: finished.filter(({ status }) => status.state === 'Completed'),
    failed: finished.filter(({ status }) => status.state !== 'Completed'),
  };
}

/** In place. */
const newestFirst = (records: IngestionFile[]): IngestionFile[] => records.sort((a, b) => compare(time(b), time(a)));

/** Times of one writer in one form: their texts sort as they do. */
const time = ({ status, metadata }: IngestionFile): string => status.completionTime ?? metadata.creationTimestamp ?? '';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
