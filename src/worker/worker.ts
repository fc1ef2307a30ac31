import { failureOf, kindOf } from '../api/failure.ts';
import { type FileStatus, filesOf, type IngestionFile, isFinished, ownerOf, titleOf } from '../api/ingestionfile.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import { takesAll } from '../api/match.ts';
import { isOlder } from '../api/versions.ts';
import type { Log } from '../observability/logger.ts';
import { backoffMs } from '../std/backoff.ts';
import { type Semaphore, semaphore } from '../std/semaphore.ts';
import { type AttemptEnd, type AttemptOptions, attempt, type GiveUp, type KeptRest } from './attempt.ts';
import { type Hindrance, pick } from './pick.ts';
import type { Observer, Sources } from './port.ts';

export type WorkerOptions = AttemptOptions & {
  readonly sources: Sources;
  /** Ends when this worker may not send any more; undefined while it may not. */
  readonly tenure: () => { readonly signal: AbortSignal } | undefined;
  /** Files at once, and bytes of them that may be in memory at once. */
  readonly concurrency: number;
  readonly bytes: number;
  readonly log: Log;
  readonly observer?: Observer;
  /** The number of free slots changed. */
  readonly publish: () => void;
};

export type Worker = {
  /** Records, sources or rights changed. */
  readonly wake: () => void;
  readonly capacity: () => { readonly slots: number; readonly waiting: number };
  /** Takes no new file from now on. */
  readonly quiet: () => void;
  readonly run: (stop: AbortSignal) => Promise<void>;
  /** Waits for the files under way; at the deadline they are put back where another worker can go on. */
  readonly drain: (deadline: AbortSignal) => Promise<void>;
};

type Patience = {
  readonly until: number;
  readonly tries: number;
  readonly alone: number;
  readonly readAt: number;
  /** Ends the waiting for a destination. */
  readonly over: AbortController;
};

type Running = { readonly record: IngestionFile; readonly abort: AbortController; readonly end: Promise<void> };

/** A file in memory weighs its size, but never more than the windows it passes through. */
const HEAVIEST = 32 * 1024 * 1024;
const LOOK_EVERY_MS = 1_000;
/** Looks are no closer together: each goes through all records, and every change of one wakes. */
const REST_MS = 20;
/** After so many failures alone a file pays for them. */
const LONELY = 3;
/** A Secret may be corrected at any time, and nobody tells. */
const RENEW_EVERY_MS = 15_000;
const storePatience = { baseMs: 5_000, maxMs: 60_000 };

/** Ferries the files bound to this worker. */
export function worker(options: WorkerOptions): Worker {
  const { records, sources, clock, log, concurrency, tenure, publish } = options;
  const running = new Map<string, Running>();
  /**
   * Files that wait: until a moment (monotonic), or until the destination lets them through. `alone` counts how often the store
   * failed this one while others of its source were read.
   */
  const patience = new Map<string, Patience>();
  /** What attempts left behind: until the copy has come as far, a file looks as if nobody had begun it. Undefined: the record is gone. */
  const leftAt = new Map<string, string | undefined>();
  /** Batches that were decided in part. */
  const rests = new Map<string, KeptRest>();
  /** When a file of a source was last read to its end. */
  const lastRead = new Map<string, number>();
  const memory: Semaphore = semaphore(options.bytes);
  let nudge = new AbortController();
  let waiting = 0;
  let quiet = false;
  // With a reason: without one, each of many wakes would make an error with a stack.
  const wake = () => nudge.abort('woken');

  const hindrance = (record: IngestionFile): Hindrance | undefined => {
    const { status, metadata } = record;
    const uid = metadata.uid ?? '';
    if (isFinished(status) || metadata.deletionTimestamp) return 'finished';
    if (running.has(uid) || isBehind(record)) return 'running';
    const source = sources.of(record);
    if (!source || source.spec.suspend || !belongs(record, source)) return 'waiting';
    if ((patience.get(uid)?.until ?? 0) > clock.monotonic()) return 'waiting';
    if (status.nextAttemptTime !== undefined && Date.parse(status.nextAttemptTime) > clock.now()) return 'waiting';
    return undefined;
  };

  const isBehind = ({ metadata: { uid = '', resourceVersion = '' } }: IngestionFile): boolean => {
    if (!leftAt.has(uid)) return false;
    const left = leftAt.get(uid);
    return left === undefined || isOlder(resourceVersion, left);
  };

  /** There is something in memory about a record: it is looked at even when it is finished, as most records are. */
  const isRemembered = (uid: string): boolean => running.has(uid) || leftAt.has(uid) || patience.has(uid) || rests.has(uid);

  /** Gives up what is suspended, deleted, bound elsewhere, or may not be sent any more. */
  const giveUpWhatChanged = (mine: ReadonlyMap<string, IngestionFile>) => {
    for (const [uid, { abort, record }] of running) {
      const now = mine.get(uid);
      if (!now || now.metadata.deletionTimestamp) abort.abort('not ours' satisfies GiveUp);
      else if (!mayFlow(record)) abort.abort('put back' satisfies GiveUp);
    }
    for (const uid of leftAt.keys()) {
      const now = mine.get(uid);
      if (!now || !isBehind(now)) leftAt.delete(uid);
    }
    for (const uid of patience.keys()) if (!mine.has(uid)) forget(uid);
    for (const uid of rests.keys()) if (!mine.has(uid)) rests.delete(uid);
  };

  const forget = (uid: string) => {
    patience.get(uid)?.over.abort();
    patience.delete(uid);
  };

  /** Edits are for the next attempt, but a source that is gone, made anew or suspended ends this one. */
  const mayFlow = (record: IngestionFile): boolean => {
    const source = sources.of(record);
    return source !== undefined && !source.spec.suspend && owns(source, record);
  };

  const look = () => {
    const mine = new Map<string, IngestionFile>();
    for (const record of records.mine()) {
      const { uid = '' } = record.metadata;
      if (!isFinished(record.status) || isRemembered(uid)) mine.set(uid, record);
    }
    giveUpWhatChanged(mine);
    const held = tenure();
    const choice = pick(
      mine.values(),
      [...running.values()].map(({ record }) => record),
      quiet || !held ? 0 : concurrency,
      hindrance,
    );
    if (held && !quiet) for (const record of choice.start) start(record, held.signal);
    if (choice.waiting !== waiting) {
      waiting = choice.waiting;
      publish();
    }
  };

  const start = (record: IngestionFile, right: AbortSignal) => {
    const source = sources.of(record);
    if (!source) return;
    const uid = record.metadata.uid ?? '';
    const abort = new AbortController();
    const lose = () => abort.abort('not ours' satisfies GiveUp);
    right.addEventListener('abort', lose, { once: true });
    const end = ferryOne(record, source, abort.signal).finally(() => {
      right.removeEventListener('abort', lose);
      running.delete(uid);
      wake();
    });
    running.set(uid, { record, abort, end });
  };

  const ferryOne = async (record: IngestionFile, source: IngestionSource, signal: AbortSignal): Promise<void> => {
    const { uid = '' } = record.metadata;
    const startedAt = clock.monotonic();
    const bytes = filesOf(record.spec).reduce((sum, { size }) => sum + size, 0);
    const release = await memory.acquire(Math.min(Math.max(1, bytes), HEAVIEST), signal).catch(() => undefined);
    if (!release) return;
    try {
      const end = await attempt(
        record,
        source,
        { giveUp: signal, blame: (patience.get(uid)?.alone ?? 0) >= LONELY, kept: rests.get(uid) },
        options,
      );
      leftAt.set(uid, end.lastSeen);
      if (end.rest) rests.set(uid, end.rest);
      else rests.delete(uid);
      settle(record, end, (clock.monotonic() - startedAt) / 1_000);
    } catch (thrown) {
      // Nothing should come here; if it does, it must not come every moment.
      const failure = failureOf(thrown);
      wait(record, { side: 'store', failure });
    } finally {
      release();
    }
  };

  const settle = (record: IngestionFile, { status, delivered, waitFor }: AttemptEnd, seconds: number) => {
    if (delivered) options.observer?.delivered?.(record, delivered);
    if (waitFor) return wait(record, waitFor);
    forget(record.metadata.uid ?? '');
    if (!status) return;
    if (status.state === 'Completed') lastRead.set(sourceOf(record), clock.monotonic());
    options.observer?.ended?.(record, status, seconds);
    tellVerdict(record, status, seconds);
  };

  /** One line per record, and one per file that a pack gave back in the end. */
  const tellVerdict = ({ metadata, spec }: IngestionFile, status: FileStatus, seconds: number) => {
    const { state, reason, message: words, files, spans, rejectedSpans, returned = [] } = status;
    const where = { namespace: metadata.namespace, source: spec.sourceRef.name };
    const numbers = { spans, rejectedSpans, seconds, ...(spec.pack && { files, returned: returned.length }) };
    log[state === 'Failed' ? 'warn' : 'info']('verdict', { ...where, key: titleOf(spec), state, reason, words, ...numbers });
    for (const { index, reason: why, message } of isFinished(status) ? returned : []) {
      log.info('file goes on alone', { ...where, key: spec.pack?.[index]?.key, reason: why, words: message });
    }
  };

  /** The slot goes to another file; this one comes back when its store or destination may have recovered. */
  const wait = (record: IngestionFile, { side, failure, connection }: NonNullable<AttemptEnd['waitFor']>) => {
    const uid = record.metadata.uid ?? '';
    const before = patience.get(uid);
    const tries = (before?.tries ?? 0) + 1;
    const othersPass = before !== undefined && (lastRead.get(sourceOf(record)) ?? 0) > before.readAt;
    const alone = (before?.alone ?? 0) + (side === 'store' && othersPass ? 1 : 0);
    const over = new AbortController();
    const kept = { tries, alone, readAt: clock.monotonic(), over };
    log.info('file waits', {
      namespace: record.metadata.namespace,
      source: record.spec.sourceRef.name,
      key: titleOf(record.spec),
      side,
      failure,
      kind: kindOf(failure),
    });
    forget(uid);
    if (side === 'store' || !connection) {
      const ms = failure.retryAfterMs ?? backoffMs(storePatience, tries - 1);
      return void patience.set(uid, { ...kept, until: clock.monotonic() + ms });
    }
    patience.set(uid, { ...kept, until: Number.POSITIVE_INFINITY });
    const letGo = () => {
      const now = patience.get(uid);
      if (now?.over === over) patience.set(uid, { ...now, until: 0 });
      over.abort();
      wake();
    };
    void connection.sender.ready(uid, AbortSignal.any([over.signal, connection.replaced])).then(letGo, letGo);
    void keepLooking(record, over.signal);
  };

  /** While a file waits for its destination, looks whether somebody has corrected the source's Secrets. */
  const keepLooking = async (record: IngestionFile, over: AbortSignal): Promise<void> => {
    while (!over.aborted) {
      await clock.sleep(RENEW_EVERY_MS, over).catch(() => {});
      const source = sources.of(record);
      if (!over.aborted && source) await options.connections.renew(source);
    }
  };

  return {
    wake,
    capacity: () => ({ slots: quiet ? 0 : 2 * concurrency, waiting }),
    quiet: () => {
      quiet = true;
      publish();
    },
    run: async (stop) => {
      while (!stop.aborted) {
        nudge = new AbortController();
        look();
        await clock.sleep(REST_MS, stop).catch(() => {});
        await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([stop, nudge.signal])).catch(() => {});
      }
    },
    drain: async (deadline) => {
      const putBack = () => {
        for (const { abort } of running.values()) abort.abort('put back' satisfies GiveUp);
      };
      deadline.addEventListener('abort', putBack, { once: true });
      if (deadline.aborted) putBack();
      await Promise.all([...running.values()].map(({ end }) => end));
      deadline.removeEventListener('abort', putBack);
    },
  };
}

/** A record is believed only where its source owns it and takes its keys: nobody gets a file read by writing a record by hand. */
function belongs(record: IngestionFile, source: IngestionSource): boolean {
  return owns(source, record) && takesAll(source, record);
}

const owns = ({ metadata }: IngestionSource, record: IngestionFile): boolean =>
  metadata.uid !== undefined && ownerOf(record) === metadata.uid;

const sourceOf = ({ metadata, spec }: IngestionFile): string => `${metadata.namespace}/${spec.sourceRef.name}`;
