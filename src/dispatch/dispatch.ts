import { type Failure, failureOf } from '../api/failure.ts';
import { type IngestionFile, isFinished, isSuperseded, ownerOf } from '../api/ingestionfile.ts';
import type { Candidate, Supply } from '../api/supply.ts';
import type { Log } from '../observability/logger.ts';
import { type Backoff, backoffMs } from '../std/backoff.ts';
import type { Clock } from '../std/clock.ts';
import { allot, type Binding } from './allot.ts';
import { type Caps, census, defaultCaps, excess, room } from './caps.ts';
import { hasFailed, packName, specOf } from './pack.ts';
import type { Owned, Records, Workers } from './port.ts';
import { type Past, toPrune } from './prune.ts';
import { recentRecords } from './recent.ts';
import { retries } from './retries.ts';
import { settlement } from './settle.ts';
import { freeSlots } from './slots.ts';
import { tending } from './tend.ts';
import { writes } from './write.ts';

export type DispatchOptions = {
  readonly records: Records;
  readonly workers: Workers;
  /** The sources that can be served now. */
  readonly supplies: () => readonly Supply[];
  /** Does the source of this record still match all of its keys? One that nobody has begun goes when it does not. */
  readonly isWanted: (record: IngestionFile) => boolean;
  /** Asked before each write: only a leader may. */
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly caps?: Caps;
};

export type Dispatch = {
  /** Something changed: records, workers or what sources offer. */
  readonly wake: () => void;
  /** This record is no longer there. */
  readonly gone: (record: IngestionFile) => void;
  readonly run: (stop: AbortSignal) => Promise<void>;
  /**
   * Lets every failed file of a source that has a record begin again; resolves when all have. To be called before the ledger forgives, so that no
   * verdict goes back into it.
   */
  readonly retryFailed: (sourceUid: string) => Promise<void>;
};

/** A round without a wake: time alone may have made a worker's files free. */
const AT_LEAST_EVERY_MS = 2_000;

/** Rounds are no closer together, so that a burst of verdicts costs one round; and they take a fifth of this thread at most. */
const AT_MOST_EVERY_MS = 20;
const REST_PER_WORK = 4;

const PRUNE_EVERY_MS = 1_000;
/** Deleting must not keep records from being created, so it gets a small part of the writes under way. */
const PRUNE_AT_ONCE = 8;
/** More writes than this of one round would hold up the next one. */
const MOST_ADOPTED = 100;
/** About ten seconds: what has no answer by then is an outage. */
const MOST_TRIES = 5;
const pace: Backoff = { baseMs: 500, maxMs: 4_000 };
/** Verdicts of records deleted by hand that wait for their source's ledger to open. */
const MOST_ORPHANS = 2_000;

/** Brings files and workers together, and looks after records until the ledger has them. Runs on the leader. */
export function dispatch(options: DispatchOptions): Dispatch {
  const { records, workers, supplies, mayWrite, clock, log, caps = defaultCaps } = options;
  let nudge = new AbortController();
  // With a reason: without one, each of many wakes would make an error with a stack.
  const wake = () => nudge.abort('woken');
  const settlements = settlement(clock.monotonic, wake);
  const recent = recentRecords(records.find, clock.monotonic);
  const write = writes({ mayWrite, log, atOnce: 32 });
  const prunes = writes({ mayWrite, log, atOnce: PRUNE_AT_ONCE });
  const toRetry = retries();
  const { tend, isAtRest } = tending({ ...options, settlements, toRetry, write });
  /** When each source got a slot last: the one that waits longest is first. */
  const served = new Map<string, number>();
  /** Records that were seen unfinished: one that vanishes was deleted by somebody. */
  const unfinished = new Map<string, IngestionFile>();
  const orphans = new Map<string, IngestionFile>();
  /** Records that we delete: what the ledger says of them may be forgiven by the time the copy shows it. */
  const sentAway = new Set<string>();
  let servings = 0;
  let pruning: Promise<unknown> | undefined;
  let pruneAt = 0;

  const round = async (): Promise<number> => {
    const startedAt = clock.monotonic();
    const bySource = new Map(supplies().map((supply) => [supply.source.uid, supply]));
    const all = [...records.all(), ...recent.missing()];
    const owned: Owned[] = [];
    for (const record of all) {
      const supply = bySource.get(ownerOf(record) ?? '');
      if (supply) owned.push({ record, supply });
    }
    adopt(bySource);
    const adopted = takeIn(all, bySource);
    tellLost(owned, bySource);

    const alive = workers.alive();
    const free = freeSlots(alive, all);
    const tended = tend(owned, free);
    if (!pruning && clock.monotonic() >= pruneAt) prune(owned, all);
    let workMs = clock.monotonic() - startedAt;
    await Promise.all([...tended, ...adopted]);

    const resumedAt = clock.monotonic();
    const count = census(all);
    const inTurn = [...bySource.values()].sort((a, b) => (served.get(a.source.uid) ?? 0) - (served.get(b.source.uid) ?? 0));
    const namespaces = new Set(inTurn.map(({ source }) => source.namespace));
    const bindings = allot(inTurn, {
      free,
      slots: alive.reduce((sum, { slots }) => sum + slots, 0),
      room: new Map([...namespaces].map((namespace) => [namespace, room(count, namespace, caps)])),
    });
    for (const { supply } of bindings) served.set(supply.source.uid, ++servings);
    for (const uid of served.keys()) if (!bySource.has(uid)) served.delete(uid);
    workMs += clock.monotonic() - resumedAt;
    await Promise.all(bindings.map(create));
    return workMs;
  };

  /** Verdicts of records that are gone reach the ledger as soon as it is open. */
  const adopt = (bySource: ReadonlyMap<string, Supply>): void => {
    for (const [uid, record] of orphans) {
      const supply = bySource.get(ownerOf(record) ?? '');
      if (!supply) continue;
      settlements.surely(record, supply);
      if (record.status.returned?.length) supply.lost();
      orphans.delete(uid);
    }
  };

  /**
   * A backup tool restores objects without their owner. A record that nobody owns would stand in the way of its file for ever, so it goes back to
   * the source that it names.
   */
  const takeIn = (all: readonly IngestionFile[], bySource: ReadonlyMap<string, Supply>): readonly Promise<unknown>[] => {
    const byName = new Map([...bySource.values()].map((supply) => [`${supply.source.namespace}/${supply.source.name}`, supply.source]));
    return all
      .filter((record) => ownerOf(record) === undefined)
      .flatMap((record) => {
        const source = byName.get(`${record.metadata.namespace}/${record.spec.sourceRef.name}`);
        return source ? [{ record, source }] : [];
      })
      .slice(0, MOST_ADOPTED)
      .map(({ record, source }) => write('give a record to its source', record, () => records.adopt(record, source)));
  };

  const gone = (record: IngestionFile): void => {
    const uid = record.metadata.uid ?? '';
    const isExpected = sentAway.delete(uid) || toRetry.delete(uid);
    if (isFinished(record.status)) unfinished.delete(uid);
    if (isFinished(record.status) && !isExpected) {
      orphans.set(uid, record);
      const [oldest] = orphans.keys();
      if (orphans.size > MOST_ORPHANS && oldest !== undefined) orphans.delete(oldest);
    }
    wake();
  };

  /** A record that vanished before it was finished: its file must be found again, unless we sent it away or its source is gone, too. */
  const tellLost = (owned: readonly Owned[], bySource: ReadonlyMap<string, Supply>): void => {
    const here = new Set<string>();
    for (const each of owned) {
      const { uid = '' } = each.record.metadata;
      if (isFinished(each.record.status)) unfinished.delete(uid);
      else unfinished.set(uid, each.record);
      here.add(uid);
    }
    for (const [uid, record] of unfinished) {
      // The records of a source whose ledger is closed for the moment are still there.
      if (here.has(uid) || records.find(record)?.metadata.uid === uid) continue;
      unfinished.delete(uid);
      if (record.spec.pack || options.isWanted(record)) bySource.get(ownerOf(record) ?? '')?.lost();
    }
  };

  const prune = (owned: readonly Owned[], all: readonly IngestionFile[]): void => {
    pruneAt = clock.monotonic() + PRUNE_EVERY_MS;
    const count = census(all);
    const supplyOf = new Map<IngestionFile, Supply>();
    const pasts = new Map<Supply, { finished: IngestionFile[] } & Past>();
    for (const { record, supply } of owned) {
      if (toRetry.has(record.metadata.uid ?? '') || !isAtRest({ record, supply })) continue;
      const past = pasts.get(supply) ?? { finished: [], history: supply.history };
      past.finished.push(record);
      pasts.set(supply, past);
      supplyOf.set(record, supply);
    }
    const namespaces = Map.groupBy(pasts, ([{ source }]) => source.namespace);
    const doomed = [...namespaces].flatMap(([namespace, its]) =>
      toPrune(
        its.map(([, past]) => past),
        excess(count, namespace, caps),
      ),
    );
    const sure = doomed.filter((record) => settlements.surely(record, supplyOf.get(record) as Supply));
    if (sure.length === 0) return;
    for (const { metadata } of sure) sentAway.add(metadata.uid ?? '');
    pruning = Promise.all(sure.map((record) => prunes('prune a record', record, () => records.remove(record)))).then(() => {
      pruning = undefined;
      wake();
    });
  };

  const create = async ({ supply, candidates, lane, worker }: Binding): Promise<void> => {
    const { source } = supply;
    const only = candidates.length === 1 ? candidates[0] : undefined;
    const name = only?.name ?? packName(source, candidates);
    const spec = { sourceRef: { name: source.name }, ...specOf(candidates), worker };
    const about = { metadata: { namespace: source.namespace, name } };
    let before = only && supersededAt(about, only);
    let why: Failure | undefined;
    const made = await write('create a record', about, () =>
      insisting(async () => {
        if (before) await makeWay(before, supply);
        before = undefined;
        recent.add(await records.create({ name, source, spec }));
      }).catch((thrown: unknown) => {
        why = failureOf(thrown);
        throw thrown;
      }),
    );
    if (!made) supply.giveBack(candidates, lane, why);
    // Somebody was at the earlier record in this moment, so it stands there still, or the file has none.
    else if (before) supply.lost();
  };

  /** The record that a candidate left behind when it was overwritten unread, and whose name it needs now that it is back. */
  const supersededAt = (about: Parameters<Records['find']>[0], file: Candidate): IngestionFile | undefined => {
    const record = records.find(about);
    return record && isSuperseded(record, file) ? record : undefined;
  };

  /** Its end is told to the ledger as ever. Whoever dies before the next record is there leaves a file for a full listing to find. */
  const makeWay = async (before: IngestionFile, supply: Supply): Promise<void> => {
    settlements.surely(before, supply);
    sentAway.add(before.metadata.uid ?? '');
    await records.remove(before);
  };

  /** Where no answer came the record may be there, and files of a pack would go into another one: it is asked for again by its name. */
  const insisting = async (act: () => Promise<void>): Promise<void> => {
    for (let tries = 0; ; tries++) {
      try {
        return await act();
      } catch (thrown) {
        if (failureOf(thrown).reason !== 'ApiUnavailable' || tries === MOST_TRIES || !mayWrite()) throw thrown;
        await clock.sleep(backoffMs(pace, tries));
      }
    }
  };

  const run = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      nudge = new AbortController();
      const workMs = await round();
      await clock.sleep(Math.max(AT_MOST_EVERY_MS, REST_PER_WORK * workMs), stop).catch(() => {});
      await clock.sleep(AT_LEAST_EVERY_MS, AbortSignal.any([stop, nudge.signal])).catch(() => {});
    }
    await pruning;
  };

  const retryFailed = (sourceUid: string): Promise<void> => {
    const failed = [...records.all()].filter((record) => hasFailed(record) && ownerOf(record) === sourceUid);
    wake();
    return toRetry.add(failed.map(({ metadata }) => metadata.uid ?? ''));
  };

  return { wake, gone, run, retryFailed };
}
