import type { StoredLedger } from './port.ts';

/** A source made anew, reinstalled or restored within this time resumes where it was. */
const KEPT_MS = 7 * 86_400_000;

export type Sweep = { readonly ledger: StoredLedger } & (
  | { readonly do: 'mark'; readonly since: string }
  | { readonly do: 'unmark' }
  | { readonly do: 'remove' }
);

/** What to do about ledgers, most of which are fine. A clock that was set back keeps a ledger longer, never shorter. */
export function sweeps(ledgers: readonly StoredLedger[], hasSource: (ledger: StoredLedger) => boolean, now: number): readonly Sweep[] {
  return ledgers.flatMap((ledger): readonly Sweep[] => {
    const { orphanedSince } = ledger;
    if (hasSource(ledger)) return orphanedSince === undefined ? [] : [{ do: 'unmark', ledger }];
    const since = Date.parse(orphanedSince ?? '');
    if (Number.isNaN(since)) return [{ do: 'mark', ledger, since: new Date(now).toISOString() }];
    return now - since >= KEPT_MS ? [{ do: 'remove', ledger }] : [];
  });
}
