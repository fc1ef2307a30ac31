import type { IngestionSource } from '../api/ingestionsource.ts';
import type { Files } from './files.ts';
import type { Keeper } from './keeper.ts';
import type { Lanes } from './lanes.ts';
import type { SourceRef, Supply } from './port.ts';
import type { Scans } from './scans.ts';

export type SupplyOptions = {
  readonly ref: SourceRef;
  readonly home?: string | undefined;
  readonly source: () => IngestionSource;
  readonly lanes: Lanes;
  readonly listings: Pick<Scans, 'tookOne' | 'want'>;
  readonly files: Files;
  readonly keeper: Keeper;
  /** May files be taken now? */
  readonly isOpen: () => boolean;
};

/** What a source shows to dispatch. */
export const supplyOf = ({ ref, home, source, lanes, listings, files, keeper, isOpen }: SupplyOptions): Supply => ({
  source: ref,
  home,
  get history() {
    return source().spec.history;
  },
  take: (lane) => {
    const candidate = isOpen() ? lanes.take(lane) : undefined;
    if (candidate) listings.tookOne(1);
    return candidate;
  },
  giveBack: (candidate, lane) => {
    listings.tookOne(-1);
    lanes.giveBack(candidate, lane);
  },
  outcome: (file) => keeper.ledger()?.lookup(files.identityOf(file)),
  remember: (record, outcome) => keeper.remember(files.identityOf(record.spec), record, outcome),
  lost: () => listings.want('a record was deleted before it was finished'),
});
