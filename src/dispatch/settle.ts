import type { IngestionFile } from '../api/ingestionfile.ts';
import type { Outcome, Supply } from './port.ts';
import { isFinished } from './slots.ts';

/** The way of verdicts from records into the ledger. A record may go only when its verdict is written there. */
export type Settlement = {
  /** Hands over what is finished and not yet known. */
  readonly hand: (record: IngestionFile, supply: Supply) => void;
  /** Is the verdict of this record surely in the ledger? */
  readonly isSettled: (record: IngestionFile, supply: Supply) => boolean;
};

const outcomeOf = ({ status }: IngestionFile): Outcome => (status.state === 'Completed' ? 'completed' : 'failed');

export function settlement(onSettled: () => void): Settlement {
  const underWay = new Set<string>();
  return {
    hand: (record, supply) => {
      const uid = record.metadata.uid ?? '';
      if (!isFinished(record) || underWay.has(uid) || supply.outcome(record.spec) === outcomeOf(record)) return;
      underWay.add(uid);
      void supply.remember(record, outcomeOf(record)).then(() => {
        underWay.delete(uid);
        onSettled();
      });
    },
    isSettled: (record, supply) => !underWay.has(record.metadata.uid ?? '') && supply.outcome(record.spec) === outcomeOf(record),
  };
}
