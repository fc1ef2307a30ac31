import type { IngestionFile } from '../api/ingestionfile.ts';
import type { Supply } from './port.ts';

/**
 * Finished records of one source that people have had long enough. Newer ones are kept up to the history the source asks for;
 * where the namespace runs full, completed ones go first, then failed ones.
 */
export function toPrune(finished: readonly IngestionFile[], history: Supply['history'], tooMany: number): readonly IngestionFile[] {
  const newestFirst = [...finished].sort((a, b) => time(b) - time(a));
  const [completed, failed] = [newestFirst.filter(isCompleted), newestFirst.filter((each) => !isCompleted(each))];
  const beyond = [...completed.slice(history.completed), ...failed.slice(history.failed)];
  const kept = [...completed.slice(0, history.completed).reverse(), ...failed.slice(0, history.failed).reverse()];
  return [...beyond, ...kept.slice(0, Math.max(0, tooMany - beyond.length))];
}

const isCompleted = ({ status }: IngestionFile): boolean => status.state === 'Completed';

const time = ({ status, metadata }: IngestionFile): number => Date.parse(status.completionTime ?? metadata.creationTimestamp ?? '') || 0;
