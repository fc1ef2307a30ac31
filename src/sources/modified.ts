import { durationMs } from '../api/duration.ts';
import type { LedgerHead } from '../api/ingestionledger.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import { platformOf } from '../api/store.ts';

/** Where files begin to be welcome. A trace platform looks back a while where spec.scan.modified does not say from when on. */
function beginningOf({ scan: { modified }, store }: Rules): NonNullable<SourceSpec['scan']['modified']> {
  const isSaid = modified !== undefined && (modified.since ?? modified.latest ?? modified.after) !== undefined;
  const lookback = isSaid ? undefined : platformOf(store)?.lookback;
  return lookback === undefined ? (modified ?? {}) : { ...modified, since: lookback };
}

type Rules = Pick<SourceSpec, 'scan' | 'store'>;

/** What spec.scan.modified says, as text that changes with every edit that matters. `before` needs no resolving. */
export function ruleOf(spec: Rules): string {
  const modified = beginningOf(spec);
  if (modified.since !== undefined) return `since ${modified.since}`;
  if (modified.latest !== undefined) return `latest ${modified.latest}`;
  return modified.after === undefined ? EVERYTHING : `after ${modified.after}`;
}

/** Written down only where another rule stood before, so that coming back to that one is an edit again. */
const EVERYTHING = 'everything';

export type Resolution =
  /** The moment before which files are left alone, in milliseconds; 0 where there is none. */
  | { readonly is: 'known'; readonly after: number }
  /** Known from the spec and the clock, and to be written into the ledger: later looks must see the same. */
  | { readonly is: 'to write'; readonly modified: NonNullable<LedgerHead['modified']> }
  /** Only a full listing tells. */
  | { readonly is: 'to list'; readonly latest: number };

/** How spec.scan.modified stands. The edit of a new source was its creation, so a late operator does not move `since`. */
export function resolution(
  spec: Rules,
  written: LedgerHead['modified'],
  edited: { readonly generation: number; readonly created: number; readonly now: number },
): Resolution {
  const rule = ruleOf(spec);
  if (written?.rule === rule) return { is: 'known', after: Date.parse(written.after) };
  if (rule === EVERYTHING && !written) return { is: 'known', after: 0 };
  const { since, latest, after } = beginningOf(spec);
  if (latest !== undefined) return { is: 'to list', latest };
  const at = edited.generation === 1 ? edited.created : edited.now;
  const moment = since === undefined ? Date.parse(after ?? '1970-01-01T00:00:00Z') : Math.max(0, at - durationMs(since));
  return { is: 'to write', modified: resolved(spec, moment) };
}

/** For the ledger. */
export const resolved = (spec: Rules, after: number): NonNullable<LedgerHead['modified']> => ({
  rule: ruleOf(spec),
  after: new Date(after).toISOString(),
});

/** For status: nothing where every file is welcome. */
export const shownAfter = (written: LedgerHead['modified']): string | undefined =>
  written === undefined || written.rule === EVERYTHING ? undefined : written.after;
