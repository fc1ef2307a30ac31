import type { Failure } from '../api/failure.ts';
import type { IngestionSource, SourceStatus } from '../api/ingestionsource.ts';
import type { SourceRef } from '../api/supply.ts';
import type { Clock } from '../std/clock.ts';
import type { Census } from './census.ts';
import type { Keeper } from './keeper.ts';
import type { Link } from './link.ts';
import type { Health } from './next-step.ts';
import type { Pause } from './pause.ts';
import type { Observer } from './port.ts';
import type { Scans } from './scans.ts';
import { isFailure, placed } from './selection.ts';
import { summarise } from './summarise.ts';
import type { Triggers } from './triggers.ts';
import type { Watermark } from './watermark.ts';

export type StandingOptions = {
  readonly ref: SourceRef;
  readonly memory: Pick<Keeper, 'ledger' | 'unwritten'>;
  readonly way: Pick<Link, 'learned' | 'health'>;
  readonly listings: Pick<Scans, 'report' | 'hasBegun' | 'backlog'>;
  readonly triggers: Pick<Triggers, 'lastTest'>;
  /** For a source whose files are slices of time. */
  readonly upTo?: Watermark | undefined;
  readonly creation: Pick<Pause, 'failure'>;
  readonly census: () => Census;
  readonly observer: Observer;
  readonly clock: Clock;
};

/** What the round has found out, beside what its parts know themselves. */
type Found = { readonly selection: string; readonly stopped?: Failure | undefined; readonly destination?: Failure | undefined };

/** How a source stands: gathers what its parts know into a status, and tells it to those who measure. */
export function standingOf(options: StandingOptions): (source: IngestionSource, found: Found) => SourceStatus {
  const { ref, memory, way, listings, triggers, upTo, creation, observer, clock } = options;
  return (source, { selection, stopped, destination }) => {
    const census = options.census();
    const ledger = memory.ledger();
    const { identity, region, partly } = way.learned() ?? {};
    const [scan, test, store, here] = [listings.report(), triggers.lastTest(), healthShown(way.health()), placed(source.spec)];
    const unbound = creation.failure();
    const since = ledger?.head().modified?.after;
    const doneUntil = since === undefined ? undefined : upTo?.(Date.parse(since), clock.now());
    const status = summarise({
      before: source.status,
      spec: source.spec,
      moment: { now: clock.now(), generation: source.metadata.generation ?? 1 },
      ...(!isFailure(here) && { location: here.location }),
      hasBegun: listings.hasBegun(selection),
      census,
      backlog: listings.backlog(),
      unwritten: memory.unwritten(),
      ...(identity !== undefined && { identity }),
      ...(region !== undefined && { region }),
      ...(partly !== undefined && { partly }),
      ...(doneUntil !== undefined && { doneUntil }),
      ...(stopped && { stopped }),
      ...(store && { store }),
      ...(destination && { destination }),
      ...(unbound && { unbound }),
      ...(ledger && { ledger: { head: ledger.head(), segments: ledger.counts().segments } }),
      ...(scan && { scan }),
      ...(test && { test }),
    });
    observer.summarised?.(ref, {
      ready: status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false,
      files: status.files ?? {},
      totals: status.totals ?? {},
      oldestPendingMs: census.oldestPendingSince === undefined ? 0 : clock.now() - census.oldestPendingSince,
      ...(doneUntil !== undefined && { doneUntil }),
      ledger: { entries: ledger?.counts().entries ?? 0, bytes: ledger?.counts().bytes ?? 0 },
    });
    return status;
  };
}

const healthShown = (health: Health): Failure | 'well' | undefined =>
  health.is === 'failed' ? health.failure : health.is === 'well' ? 'well' : undefined;
