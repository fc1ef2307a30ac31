import { failureOf } from '../api/failure.ts';
import type { IngestionFile } from '../api/ingestionfile.ts';
import type { Log } from '../observability/logger.ts';
import type { Clock } from '../std/clock.ts';
import { semaphore } from '../std/semaphore.ts';
import { allot, type Binding } from './allot.ts';
import { type Caps, census, defaultCaps, room } from './caps.ts';
import type { Records, Supply, Workers } from './port.ts';
import { toPrune } from './prune.ts';
import { rebinding } from './rebind.ts';
import { settlement } from './settle.ts';
import { freeSlots, isFinished, roomiest } from './slots.ts';
import { asked, retried } from './triggers.ts';

export type DispatchOptions = {
  readonly records: Records;
  readonly workers: Workers;
  /** The sources that can be served now. */
  readonly supplies: () => readonly Supply[];
  /** Asked before each write: only a leader may. */
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly caps?: Caps;
};

export type Dispatch = {
  /** Something changed: records, workers or what sources offer. */
  readonly wake: () => void;
  readonly run: (stop: AbortSignal) => Promise<void>;
  /** Lets every failed record of a source begin again. To be called before the ledger forgives, so that no verdict goes back into it. */
  readonly retryFailed: (sourceUid: string) => void;
};

/** Writes under way at once. The write budget of the transport is the real limit. */
const PARALLEL = 32;

/** A round without a wake: time alone may have made a worker's files free. */
const AT_LEAST_EVERY_MS = 2_000;

/** Rounds are no closer together, so that a burst of verdicts costs one round. */
const AT_MOST_EVERY_MS = 20;

/** Brings files and workers together, and looks after records until the ledger has them. Runs on the leader. */
export function dispatch(options: DispatchOptions): Dispatch {
  const { records, workers, supplies, mayWrite, clock, log, caps = defaultCaps } = options;
  let alarm = Promise.withResolvers<void>();
  const wake = () => alarm.resolve();
  const settle = settlement(wake);
  const permits = semaphore(PARALLEL);
  /** Created by us and perhaps not yet in the copy: they take slots all the same. */
  const recent = new Map<string, IngestionFile>();
  /** Failed records that begin again as soon as a worker is there. */
  const toRetry = new Set<string>();
  let unfinished = new Map<string, Supply>();
  let turn = 0;

  /** Does one write, never throws: what failed is seen again in the next round. */
  const write = async (what: string, record: string, act: () => Promise<unknown>): Promise<boolean> => {
    const release = await permits.acquire();
    try {
      if (!mayWrite()) return false;
      await act();
      return true;
    } catch (thrown) {
      const failure = failureOf(thrown);
      log[failure.reason === 'ObjectChanged' ? 'debug' : 'warn'](`cannot ${what}`, { record, failure });
      return failure.reason === 'ObjectChanged';
    } finally {
      release();
    }
  };

  const seenRecords = (): readonly IngestionFile[] => {
    const seen = [...records.all()];
    for (const { metadata } of seen) recent.delete(metadata.uid ?? '');
    return [...seen, ...recent.values()];
  };

  const round = async (): Promise<void> => {
    const bySource = new Map(supplies().map((supply) => [supply.source.uid, supply]));
    const all = seenRecords();
    const owned = all.flatMap((record) => {
      const supply = bySource.get(ownerOf(record) ?? '');
      return supply ? [{ record, supply }] : [];
    });
    for (const { record, supply } of owned) if (!toRetry.has(record.metadata.uid ?? '')) settle.hand(record, supply);
    tellLost(owned);

    const alive = workers.alive();
    const free = freeSlots(alive, all);
    await Promise.all([...owned.flatMap(({ record, supply }) => tend(record, supply, free)), ...prune(owned, all)]);

    const count = census(all);
    const namespaces = new Set([...bySource.values()].map(({ source }) => source.namespace));
    const bindings = allot([...bySource.values()], {
      free,
      slots: alive.reduce((sum, { slots }) => sum + slots, 0),
      room: new Map([...namespaces].map((namespace) => [namespace, room(count, namespace, caps)])),
      turn: turn++,
    });
    await Promise.all(bindings.map(create));
  };

  /** A record that vanished before it was finished: somebody deleted it, and its file must be found again. */
  const tellLost = (owned: readonly { record: IngestionFile; supply: Supply }[]): void => {
    const here = new Set(owned.map(({ record }) => record.metadata.uid));
    for (const [uid, supply] of unfinished) if (!here.has(uid)) supply.lost();
    unfinished = new Map(
      owned.filter(({ record }) => !isFinished(record)).map(({ record, supply }) => [record.metadata.uid ?? '', supply]),
    );
  };

  const tend = (record: IngestionFile, supply: Supply, free: Map<string, number>): Promise<unknown>[] => {
    if (isFinished(record)) {
      const status = toRetry.has(record.metadata.uid ?? '')
        ? retried(record.status)
        : settle.isSettled(record, supply)
          ? asked(record)
          : undefined;
      return status ? [begin(record, status, free)] : [];
    }
    toRetry.delete(record.metadata.uid ?? '');
    const { worker } = record.spec;
    const fate = worker === undefined ? 'left' : workers.fate(worker);
    if (fate === 'working') return [];
    const next = rebinding(record, fate, clock.now());
    if (next.do === 'fail') return [write('fail a record', record.metadata.name, () => records.setStatus(record, next.status))];
    const to = take(free);
    if (to === undefined) return [];
    log.info('file goes to another worker', { record: record.metadata.name, from: worker, to, because: fate });
    return [
      write('bind a record', record.metadata.name, async () => {
        // The suspicion is written first: whoever takes the file over must know it.
        const warned = next.do === 'rebind' ? record : await records.setStatus(record, next.status);
        await records.bind(warned, to);
      }),
    ];
  };

  /** A finished record begins again: bound to a worker that lives, then pending, which is what that worker waits for. */
  const begin = (record: IngestionFile, status: IngestionFile['status'], free: Map<string, number>): Promise<unknown> => {
    const { worker } = record.spec;
    const stays = worker !== undefined && workers.alive().some(({ name, slots }) => name === worker && slots > 0);
    const to = stays ? worker : take(free);
    if (to === undefined) return Promise.resolve();
    return write('begin a record again', record.metadata.name, async () => {
      const bound = stays ? record : await records.bind(record, to);
      await records.setStatus(bound, status);
    });
  };

  const take = (free: Map<string, number>): string | undefined => {
    const worker = roomiest(free);
    if (worker !== undefined) free.set(worker, (free.get(worker) ?? 0) - 1);
    return worker;
  };

  const prune = (owned: readonly { record: IngestionFile; supply: Supply }[], all: readonly IngestionFile[]): Promise<unknown>[] => {
    const count = census(all);
    return [...Map.groupBy(owned, ({ supply }) => supply)].flatMap(([supply, its]) => {
      const settled = its
        .map(({ record }) => record)
        .filter((record) => isFinished(record) && settle.isSettled(record, supply) && !asked(record));
      const tooMany = (count.byNamespace.get(supply.source.namespace) ?? 0) - Math.floor(0.9 * caps.namespace);
      return toPrune(settled, supply.history, tooMany).map((record) =>
        write('prune a record', record.metadata.name, () => records.remove(record)),
      );
    });
  };

  const create = async ({ supply, candidate, lane, worker }: Binding): Promise<void> => {
    const { name, ...file } = candidate;
    const made = await write('create a record', name, async () => {
      const spec = { sourceRef: { name: supply.source.name }, ...file, worker };
      const record = await records.create({ name, source: supply.source, spec });
      recent.set(record.metadata.uid ?? '', record);
    });
    if (!made) supply.giveBack(candidate, lane);
  };

  const run = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      alarm = Promise.withResolvers();
      await round();
      await clock.sleep(AT_MOST_EVERY_MS, stop).catch(() => {});
      await Promise.race([alarm.promise, clock.sleep(AT_LEAST_EVERY_MS, stop).catch(() => {})]);
    }
  };

  const retryFailed = (sourceUid: string): void => {
    for (const record of records.all()) {
      if (record.status.state === 'Failed' && ownerOf(record) === sourceUid) toRetry.add(record.metadata.uid ?? '');
    }
    wake();
  };

  return { wake, run, retryFailed };
}

const ownerOf = ({ metadata }: IngestionFile): string | undefined =>
  metadata.ownerReferences?.find(({ kind }) => kind === 'IngestionSource')?.uid;
