import { type IngestionFile, isFinished } from '../api/ingestionfile.ts';
import { isNews, type Supply } from '../api/supply.ts';
import { endingsOf } from './pack.ts';

/** The way of verdicts from records into the ledger. A record may go only when its verdict is written there. */
export type Settlement = {
  /** Hands over what is finished and not yet known; true once the verdict is in the ledger. Cheap for a record it has seen before. */
  readonly settled: (record: IngestionFile, supply: Supply) => boolean;
  /** The same without relying on what was true a moment ago: asked before a record is deleted. */
  readonly surely: (record: IngestionFile, supply: Supply) => boolean;
};

/** What is in the ledger stays there, but for failures that are forgiven and segments that get lost: it is looked up anew after this time. */
const TRUSTED_MS = 10_000;

/** `now` is monotonic. */
export function settlement(now: () => number, onSettled: () => void): Settlement {
  const underWay = new Set<string>();
  /** By copy: a record that changed is another object. */
  const trusted = new WeakMap<IngestionFile, number>();

  const surely = (record: IngestionFile, supply: Supply): boolean => {
    const uid = record.metadata.uid ?? '';
    if (!isFinished(record.status) || underWay.has(uid)) return false;
    const endings = endingsOf(record);
    if (!endings.some(({ file, outcome }) => isNews(outcome, supply.outcome(file)))) return true;
    underWay.add(uid);
    void supply.remember(record, endings).then(() => {
      underWay.delete(uid);
      onSettled();
    });
    return false;
  };

  const settled = (record: IngestionFile, supply: Supply): boolean => {
    if ((trusted.get(record) ?? 0) > now()) return true;
    if (!surely(record, supply)) return false;
    trusted.set(record, now() + TRUSTED_MS);
    return true;
  };

  return { settled, surely };
}
