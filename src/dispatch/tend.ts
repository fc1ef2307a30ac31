import { failureOf } from '../api/failure.ts';
import { type FileStatus, type IngestionFile, isFinished } from '../api/ingestionfile.ts';
import type { Supply } from '../api/supply.ts';
import type { Log } from '../observability/logger.ts';
import type { Clock } from '../std/clock.ts';
import { hasFailed, packName, returnedOf, specOf } from './pack.ts';
import type { Owned, Records, Workers } from './port.ts';
import { type Rebinding, rebinding } from './rebind.ts';
import { restored } from './restored.ts';
import type { Retries } from './retries.ts';
import type { Settlement } from './settle.ts';
import { roomiest } from './slots.ts';
import { asked, retried } from './triggers.ts';
import type { Write } from './write.ts';

/** Looks after the records that are there. */
export type Tending = {
  /** Returns the writes that it began; `free` slots are counted down. */
  readonly tend: (owned: readonly Owned[], free: Map<string, number>) => readonly Promise<unknown>[];
  /** Finished, in the ledger, nothing of it left to hand on, and nobody asks for anything. */
  readonly isAtRest: (owned: Owned) => boolean;
};

export type TendingOptions = {
  readonly records: Records;
  readonly workers: Workers;
  readonly isWanted: (record: IngestionFile) => boolean;
  readonly settlements: Settlement;
  readonly toRetry: Retries;
  readonly write: Write;
  readonly clock: Clock;
  readonly log: Log;
};

/** More writes than this of one round would hold up the next one. */
const MOST_CHORES = 100;

export function tending({ records, workers, isWanted, settlements, toRetry, write, clock, log }: TendingOptions): Tending {
  const take = (free: Map<string, number>, preferred?: string): string | undefined => {
    const worker = preferred !== undefined && (free.get(preferred) ?? 0) > 0 ? preferred : roomiest(free);
    if (worker !== undefined) free.set(worker, (free.get(worker) ?? 0) - 1);
    return worker;
  };

  /** A finished record begins again: bound to a worker that lives, then pending, which is what that worker waits for. */
  const begin = (
    record: IngestionFile,
    status: FileStatus,
    free: Map<string, number>,
    onBegun?: () => void,
  ): Promise<unknown> | undefined => {
    const { worker } = record.spec;
    const to = take(free, worker);
    if (to === undefined) return undefined;
    return write('begin a record again', record, async () => {
      const bound = to === worker ? record : await records.bind(record, to);
      await records.setStatus(bound, status);
      onBegun?.();
    });
  };

  /** Copies of failed records that have begun again: they are old, and the ledger must not learn of their failure again. */
  const begunAgain = new WeakSet<IngestionFile>();

  /** Lets a record go on as this status. A pack that only gives files back needs no worker for that. */
  const goOn = (
    record: IngestionFile,
    status: FileStatus,
    free: Map<string, number>,
    onBegun?: () => void,
  ): Promise<unknown> | undefined => {
    if (!isFinished(status)) return begin(record, status, free, onBegun);
    return write('give files of a pack back', record, async () => {
      await records.setStatus(record, status);
      onBegun?.();
    });
  };

  const retry = (record: IngestionFile, free: Map<string, number>): Promise<unknown> | undefined =>
    goOn(record, retried(record), free, () => {
      toRetry.delete(record.metadata.uid ?? '');
      begunAgain.add(record);
    });

  /** What a pack gave back is offered until it has records of its own; true once that is so. */
  const isHandedOn = (record: IngestionFile, supply: Supply): boolean =>
    returnedOf(record).filter((file) => !supply.offer(file)).length === 0;

  const finished = (record: IngestionFile, supply: Supply, free: Map<string, number>): Promise<unknown> | undefined => {
    if (begunAgain.has(record)) return undefined;
    if (!hasFailed(record)) toRetry.delete(record.metadata.uid ?? '');
    if (toRetry.has(record.metadata.uid ?? '')) return retry(record, free);
    isHandedOn(record, supply);
    const status = settlements.settled(record, supply) ? asked(record) : undefined;
    return status && goOn(record, status, free);
  };

  /** The halves are there before the pack ends: whoever takes over in between makes the same ones again. */
  const split = async (record: IngestionFile, { source, nameOf }: Supply, next: Rebinding & { do: 'split' }): Promise<void> => {
    log.info('pack goes on in halves', {
      record: record.metadata.name,
      worker: record.spec.worker,
      files: next.halves.map(({ length }) => length),
    });
    for (const files of next.halves) {
      const [only] = files;
      const name = only && files.length === 1 ? nameOf(only) : packName(source, files);
      try {
        // Bound only once the suspicion is written: whoever takes it must know.
        const half = await records.create({ name, source, spec: { sourceRef: { name: source.name }, ...specOf(files) } });
        await records.setStatus(half, next.suspicion);
      } catch (thrown) {
        if (failureOf(thrown).reason !== 'ObjectChanged') throw thrown;
      }
    }
    await records.setStatus(record, next.status);
  };

  const rebind = (
    record: IngestionFile,
    supply: Supply,
    fate: 'left' | 'died',
    free: Map<string, number>,
  ): Promise<unknown> | undefined => {
    const next = rebinding(record, fate, clock.now());
    if (next.do === 'split') return write('split a pack', record, () => split(record, supply, next));
    if (next.do === 'fail') return write('fail a record', record, () => records.setStatus(record, next.status));
    const to = take(free);
    if (to === undefined) return undefined;
    return write('bind a record', record, async () => {
      log.info('file goes to another worker', { record: record.metadata.name, from: record.spec.worker, to, because: fate });
      // The suspicion is written first: whoever takes the file over must know it.
      const warned = next.do === 'rebind' ? record : await records.setStatus(record, next.status);
      await records.bind(warned, to);
    });
  };

  /** Copies of records that are what they seem: not brought back by a backup. */
  const believed = new WeakSet<IngestionFile>();

  const underWay = (record: IngestionFile, supply: Supply, free: Map<string, number>): Promise<unknown> | undefined => {
    toRetry.delete(record.metadata.uid ?? '');
    const { worker } = record.spec;
    const fate = worker === undefined ? 'left' : workers.fate(worker);
    const isIdle = record.status.state === 'Pending' || fate !== 'working';
    if (isIdle && record.status.attempts === 0 && !believed.has(record)) {
      const status = restored(record, supply.outcome, clock.now());
      believed.add(record);
      if (status) return write('finish a record that the ledger knows', record, () => records.setStatus(record, status));
    }
    if (isIdle && !isWanted(record))
      return write('remove a record that its source does not match any more', record, () => records.remove(record));
    return fate === 'working' ? undefined : rebind(record, supply, fate, free);
  };

  const tend = (owned: readonly Owned[], free: Map<string, number>): readonly Promise<unknown>[] => {
    const begun: Promise<unknown>[] = [];
    for (const { record, supply } of owned) {
      if (begun.length >= MOST_CHORES) break;
      const chore = isFinished(record.status) ? finished(record, supply, free) : underWay(record, supply, free);
      if (chore) begun.push(chore);
    }
    return begun;
  };

  return {
    tend,
    isAtRest: ({ record, supply }) =>
      isFinished(record.status) &&
      !begunAgain.has(record) &&
      settlements.settled(record, supply) &&
      isHandedOn(record, supply) &&
      asked(record) === undefined,
  };
}
