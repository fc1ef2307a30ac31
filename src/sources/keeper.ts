import { type Failure, failureOf } from '../api/failure.ts';
import type { IngestionFile } from '../api/ingestionfile.ts';
import type { LedgerHead } from '../api/ingestionledger.ts';
import type { Entry } from '../ledger/entries.ts';
import { type Ledger, type LedgerObjects, openLedger, type Verdict } from '../ledger/ledger.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';
import type { Health } from './next-step.ts';

/** Keeps the ledger of one source: opens it, and writes verdicts in batches. */
export type Keeper = {
  readonly health: () => Health;
  readonly ledger: () => Ledger | undefined;
  /** Files whose verdicts are known and wait to be written. */
  readonly unwritten: () => number;
  /** Reads the ledger, anew if it was open. What was not yet written goes over into what was read. */
  readonly open: (seenSegments: number, acceptToken?: string) => Promise<void>;
  /** Counts at once; resolves when it is written, however often the ledger is opened anew until then. */
  readonly remember: (entries: readonly Entry[], record: IngestionFile) => Promise<void>;
  /** Writes tokens of triggers, or how scan.modified was resolved. */
  readonly write: (edit: (head: LedgerHead) => Partial<Pick<LedgerHead, 'modified' | 'handled'>>) => Promise<void>;
  readonly forgive: () => Promise<void>;
  /** Writes if enough waits or the oldest has waited long enough; `all`: in any case. Never throws. */
  readonly flush: (how: 'due' | 'all') => Promise<void>;
};

export type KeeperOptions = {
  readonly objects: LedgerObjects;
  readonly clock: Clock;
  /** Something was written, or the ledger turned out to be not what it was. */
  readonly onChange: (failure?: Failure) => void;
  readonly random?: () => number;
};

const FLUSH_AFTER_MS = 5_000;
/** Files. */
const FLUSH_ABOVE = 500;
const pace: Backoff = { baseMs: 1_000, maxMs: 30_000 };
const reading: Backoff = { baseMs: 1_000, maxMs: 60_000 };

type Waiting = { readonly verdict: Verdict; readonly since: number; readonly done: () => void };

export function keeper({ objects, clock, onChange, random }: KeeperOptions): Keeper {
  let health: Health = { is: 'unknown' };
  let ledger: Ledger | undefined;
  let failures = 0;
  let [flushFailures, flushAgainAt] = [0, 0];
  let isFlushing = false;
  const waiting = new Set<Waiting>();

  const hand = (entry: Waiting): void => {
    void ledger?.append(entry.verdict).then(() => {
      if (waiting.delete(entry)) entry.done();
    });
  };

  const open = async (seenSegments: number, acceptToken?: string): Promise<void> => {
    try {
      let isNew = false;
      const list = async () => {
        const stored = await objects.list();
        isNew = stored.length === 0;
        return stored;
      };
      const opened = await openLedger({ ...objects, list }, seenSegments, acceptToken);
      if (!opened.ok) return lost(opened.failure);
      // Status tells how many segments there are, and the next leader believes it: the first one must be there.
      if (isNew) await opened.ledger.change(() => ({}));
      ledger = opened.ledger;
      health = { is: 'well', at: clock.monotonic() };
      failures = 0;
      for (const entry of waiting) hand(entry);
    } catch (thrown) {
      lost(failureOf(thrown));
    }
  };

  const lost = (failure: Failure): void => {
    ledger = undefined;
    const wait = failure.retryAfterMs ?? backoffMs(reading, failures++, random);
    health = { is: 'failed', failure, againAt: clock.monotonic() + wait };
  };

  /** Somebody else wrote or deleted a segment: what we hold in memory is no longer what lies there. */
  const doubted = (failure: Failure): void => {
    if (failure.reason !== 'ObjectChanged') return;
    ledger = undefined;
    health = { is: 'unknown' };
  };

  const guarded = async (act: (ledger: Ledger) => Promise<void>): Promise<void> => {
    if (!ledger) return;
    try {
      await act(ledger);
    } catch (thrown) {
      doubted(failureOf(thrown));
      throw thrown;
    }
  };

  const flushNow = async (): Promise<void> => {
    isFlushing = true;
    try {
      await guarded((open) => open.flush());
      flushFailures = 0;
      onChange();
    } catch (thrown) {
      flushAgainAt = clock.monotonic() + backoffMs(pace, flushFailures++, random);
      onChange(failureOf(thrown));
    } finally {
      isFlushing = false;
    }
  };

  const flush = async (how: 'due' | 'all'): Promise<void> => {
    const [oldest] = waiting;
    if (!oldest || !ledger || isFlushing) return;
    const now = clock.monotonic();
    const isDue = now >= flushAgainAt && (unwritten() > FLUSH_ABOVE || now - oldest.since >= FLUSH_AFTER_MS);
    if (isDue || how === 'all') await flushNow();
  };

  const remember = (entries: readonly Entry[], record: IngestionFile): Promise<void> =>
    new Promise((done) => {
      const entry = { verdict: verdictOf(entries, record), since: clock.monotonic(), done };
      waiting.add(entry);
      hand(entry);
      if (unwritten() > FLUSH_ABOVE) void flush('due');
    });

  const unwritten = (): number => {
    let files = 0;
    for (const { verdict } of waiting) files += verdict.entries.length;
    return files;
  };

  return {
    health: () => health,
    ledger: () => ledger,
    unwritten,
    open,
    remember,
    write: (edit) => guarded((open) => open.change(edit)),
    forgive: () => guarded((open) => open.forgive()),
    flush,
  };
}

const verdictOf = (entries: readonly Entry[], { status }: IngestionFile): Verdict => ({
  entries,
  spans: status.spans ?? 0,
  bytes: status.bytes ?? 0,
  rejectedSpans: status.rejectedSpans ?? 0,
  retries: status.retries,
});
