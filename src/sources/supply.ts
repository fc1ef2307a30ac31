import type { IngestionSource } from '../api/ingestionsource.ts';
import { takes } from '../api/match.ts';
import type { SourceRef, Supply } from '../api/supply.ts';
import type { Files } from './files.ts';
import type { Keeper } from './keeper.ts';
import type { Lanes } from './lanes.ts';
import type { Pause } from './pause.ts';
import type { Scans } from './scans.ts';

export type SupplyOptions = {
  readonly ref: SourceRef;
  readonly home?: string | undefined;
  readonly source: () => IngestionSource;
  readonly lanes: Lanes;
  readonly listings: Pick<Scans, 'took' | 'want'>;
  readonly files: Files;
  readonly keeper: Keeper;
  readonly creation: Pick<Pause, 'begin' | 'isOver'>;
  /** May files be taken now? */
  readonly isOpen: () => boolean;
};

/** What a source shows to dispatch. */
export const supplyOf = ({ ref, home, source, lanes, listings, files, keeper, creation, isOpen }: SupplyOptions): Supply => ({
  source: ref,
  home,
  get history() {
    return source().spec.history;
  },
  waiting: (lane) => (isOpen() && creation.isOver() ? lanes.waiting(lane) : []),
  take: (lane, chosen) => {
    const taken = lanes.take(lane, chosen);
    listings.took(taken.length);
    return taken;
  },
  giveBack: (candidates, lane, why) => {
    listings.took(-candidates.length);
    if (why) creation.begin(why);
    lanes.giveBack(candidates, lane);
  },
  offer: (file) => {
    if (!takes(source(), file.key)) return true;
    if (lanes.queued(file) || lanes.isTaken(file)) return false;
    const found = files.look(file);
    if (typeof found === 'string' || files.wasSuperseded(file)) return true;
    // Few come back, and the lane of the backlog may be full for long.
    lanes.offer(found, 'fresh');
    return false;
  },
  nameOf: files.nameOf,
  outcome: files.outcome,
  remember: (record, endings) =>
    keeper.remember(
      endings.map((ended) => ({ ...files.entryOf(ended), spans: ended.spans })),
      record,
    ),
  lost: () => listings.want('a record was deleted before it was finished'),
});
