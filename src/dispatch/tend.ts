import { failureOf } from '../api/failure.ts';
import { type FileStatus, type IngestionFile, isFinished, type NamedFile } from '../api/ingestionfile.ts';
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

  /** Makes a record for files that leave their pack. It is bound only once its status is written: whoever takes it must know. */
  const apart = async ({ source, nameOf }: Supply, files: readonly NamedFile[], status: FileStatus): Promise<void> => {
    const [only] = files;
    const name = only && files.length === 1 ? nameOf(only) : packName(source, files);
    try {
      const made = await records.create({ name, source, spec: { sourceRef: { name: source.name }, ...specOf(files) } });
      await records.setStatus(made, status);
    } catch (thrown) {
      // It is there, or somebody has begun it: either will do.
      if (failureOf(thrown).reason !== 'ObjectChanged') throw thrown;
    }
  };

  /** Lets a record go on as this status. A pack only gives files back: the ledger may know them as failed, so nobody else would find them. */
  const goOn = (
    { record, supply }: Owned,
    status: FileStatus,
    free: Map<string, number>,
    onBegun?: () => void,
  ): Promise<unknown> | undefined => {
    if (!isFinished(status)) return begin(record, status, free, onBegun);
    return write('give files of a pack back', record, async () => {
      for (const { index, reason, message } of status.returned?.slice(record.status.returned?.length ?? 0) ?? []) {
        const file = record.spec.pack?.[index];
        if (file) await apart(supply, [file], { state: 'Pending', attempts: 1, retries: 0, reason, message });
      }
      await records.setStatus(record, status);
      onBegun?.();
    });
  };

  const retry = (owned: Owned, free: Map<string, number>): Promise<unknown> | undefined =>
    goOn(owned, retried(owned.record), free, () => {
      toRetry.delete(owned.record.metadata.uid ?? '');
      begunAgain.add(owned.record);
    });

  /** Copies of packs whose returned files have been seen elsewhere. Should one of them be deleted there, a full listing finds it. */
  const handedOn = new WeakSet<IngestionFile>();

  /** What a pack gave back is offered until it has records of its own; true once that is so. */
  const isHandedOn = (record: IngestionFile, supply: Supply): boolean => {
    if (handedOn.has(record)) return true;
    const left = returnedOf(record).filter((file) => !supply.offer(file));
    if (left.length === 0) handedOn.add(record);
    return left.length === 0;
  };

  const finished = (record: IngestionFile, supply: Supply, free: Map<string, number>): Promise<unknown> | undefined => {
    if (begunAgain.has(record)) return undefined;
    if (!hasFailed(record)) toRetry.delete(record.metadata.uid ?? '');
    if (toRetry.has(record.metadata.uid ?? '')) return retry({ record, supply }, free);
    isHandedOn(record, supply);
    const status = settlements.settled(record, supply) ? asked(record) : undefined;
    return status && goOn({ record, supply }, status, free);
  };

  /** The halves are there before the pack ends: whoever takes over in between makes the same ones again. */
  const split = async (record: IngestionFile, supply: Supply, next: Rebinding & { do: 'split' }): Promise<void> => {
    const sizes = next.halves.map(({ length }) => length);
    log.info('pack goes on in halves', { record: record.metadata.name, worker: record.spec.worker, files: sizes });
    for (const files of next.halves) await apart(supply, files, next.suspicion);
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
      if (status) return write('finish a record that the ledger knows', record, () => records.setStatus(record, status));
      believed.add(record);
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
