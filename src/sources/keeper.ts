import { type Failure, failureOf } from '../api/failure.ts';
import type { FileStatus, IngestionFile } from '../api/ingestionfile.ts';
import type { LedgerHead } from '../api/ingestionledger.ts';
import { isNews } from '../api/supply.ts';
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
  readonly remember: (endings: readonly Ending[], record: IngestionFile) => Promise<void>;
  /** Writes tokens of triggers, or how scan.modified was resolved. */
  readonly write: (edit: (head: LedgerHead) => Partial<Pick<LedgerHead, 'modified' | 'handled'>>) => Promise<void>;
  readonly forgive: () => Promise<void>;
  /** Writes if enough waits or the oldest has waited long enough; `all`: in any case. Never throws. */
  readonly flush: (how: 'due' | 'all') => Promise<void>;
};

/** How one file of a record ended, and how many of its spans were delivered. */
export type Ending = Entry & { readonly spans: number };

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

type Waiting = {
  readonly endings: readonly Ending[];
  readonly status: FileStatus;
  readonly since: number;
  readonly done: () => void;
};

export function keeper({ objects, clock, onChange, random }: KeeperOptions): Keeper {
  let health: Health = { is: 'unknown' };
  let ledger: Ledger | undefined;
  let failures = 0;
  let [flushFailures, flushAgainAt] = [0, 0];
  let flushing: Promise<void> | undefined;
  const waiting = new Set<Waiting>();

  const hand = (entry: Waiting): void => {
    if (!ledger) return;
    const { lookup, append } = ledger;
    // The leader before us, or we before the ledger was opened anew, may have written it and never heard of it: it must not count twice.
    const news = entry.endings.filter((each) => isNews(each.outcome, lookup(each)));
    const written = news.length === 0 ? Promise.resolve() : append(verdictOf(news, entry));
    void written.then(() => {
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
    try {
      await guarded((open) => open.flush());
      flushFailures = 0;
      onChange();
    } catch (thrown) {
      flushAgainAt = clock.monotonic() + backoffMs(pace, flushFailures++, random);
      onChange(failureOf(thrown));
    }
  };

  const flush = async (how: 'due' | 'all'): Promise<void> => {
    if (how === 'all') await flushing;
    const [oldest] = waiting;
    if (!oldest || !ledger || flushing) return;
    const now = clock.monotonic();
    const isDue = now >= flushAgainAt && (unwritten() > FLUSH_ABOVE || now - oldest.since >= FLUSH_AFTER_MS);
    if (!isDue && how !== 'all') return;
    flushing = flushNow().finally(() => {
      flushing = undefined;
    });
    await flushing;
  };

  const remember = (endings: readonly Ending[], { status }: IngestionFile): Promise<void> =>
    new Promise((done) => {
      const entry = { endings, status, since: clock.monotonic(), done };
      waiting.add(entry);
      hand(entry);
      if (unwritten() > FLUSH_ABOVE) void flush('due');
    });

  const unwritten = (): number => {
    let files = 0;
    for (const { endings } of waiting) files += endings.length;
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

/**
 * What a record adds to the totals. Each file counts once, when it is completed: what a failed attempt delivered of it, or a forced one delivers
 * again, is no news. Where only some files of a pack are news, they bring their part of what the pack counts.
 */
function verdictOf(news: readonly Ending[], { endings, status }: Pick<Waiting, 'endings' | 'status'>): Verdict {
  const { spans = 0, bytes = 0, rejectedSpans = 0, retries } = status;
  const [its, all] = [completedIn(news), completedIn(endings)];
  const share = its.length === all.length ? Math.sign(all.length) : spansOf(its) / Math.max(1, spansOf(all));
  const part = (whole: number) => Math.round(share * whole);
  return { entries: news, spans: part(spans), bytes: part(bytes), rejectedSpans: part(rejectedSpans), retries };
}

const completedIn = (endings: readonly Ending[]) => endings.filter(({ outcome }) => outcome === 'completed');

const spansOf = (endings: readonly Ending[]): number => endings.reduce((sum, { spans }) => sum + spans, 0);
