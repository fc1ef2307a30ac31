import { type Failure, failureOf } from '../api/failure.ts';
import type { IngestionFile } from '../api/ingestionfile.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import type { Log } from '../observability/logger.ts';
import type { Tracing } from '../observability/tracing.ts';
import type { Clock } from '../std/clock.ts';
import type { Settings, Transcode } from '../transcode/port.ts';
import { type Ferried, ferry, type Progress, progressFrom } from './ferry.ts';
import { isSuspect } from './pick.ts';
import type { Connection, Connections, Records } from './port.ts';
import { interrupted, processing, verdict } from './verdict.ts';
import { statusWriter } from './writer.ts';

/** Why an attempt is given up from outside. */
export type GiveUp =
  /** The worker stops, or the source is suspended: the file goes on later from where it was. */
  | 'put back'
  /** The record is gone or somebody else's: nothing more is written. */
  | 'not ours'
  | 'stuck';

export type AttemptOptions = {
  readonly records: Records;
  readonly connections: Connections;
  readonly transcode: Transcode;
  readonly settings: (source: IngestionSource) => Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
};

/** What an attempt means for the worker: when may this file be tried again, and who says when? */
export type AttemptEnd = {
  readonly status?: IngestionFile['status'];
  /** The version of the record that the attempt saw last; undefined where the record is gone. */
  readonly lastSeen: string | undefined;
  /** The file waits for this: the store after a while, the destination when it lets files through. */
  readonly waitFor?: { readonly side: 'store' | 'destination'; readonly failure: Failure; readonly connection?: Connection };
};

/** Until this moment a file that is quick costs one write, its verdict. */
const PROCESSING_AFTER_MS = 1_000;
const CHECKPOINT_EVERY_MS = 15_000;
const STUCK_AFTER_MS = 5 * 60_000;

/** One attempt to ferry one file, with all that is written on its record. With `blame`, trouble of the store is the file's own. Does not reject. */
export async function attempt(
  record: IngestionFile,
  source: IngestionSource,
  { giveUp, blame }: { readonly giveUp: AbortSignal; readonly blame: boolean },
  options: AttemptOptions,
): Promise<AttemptEnd> {
  const { records, connections, clock, log } = options;
  const onTrouble = (failure: Failure) => log.warn('cannot write the status of a record', { record: record.metadata.name, failure });
  const writer = statusWriter(record, { records, clock, onTrouble });
  const startedAt = clock.now();
  const counted: IngestionFile = { ...record, status: { ...record.status, attempts: record.status.attempts + 1 } };

  let connection: Connection;
  try {
    connection = await connections.to(source);
  } catch (thrown) {
    const failure = failureOf(thrown);
    await tell(writer, { ...record.status, state: 'Pending', reason: failure.reason, message: failure.message }, record, giveUp);
    return { waitFor: { side: 'store', failure }, lastSeen: writer.lastSeen() };
  }

  const { fingerprint } = connection;
  const progress = progressFrom(record.status.checkpoint, fingerprint);
  const seen = () => ({ record: counted, spec: source.spec, progress, fingerprint, startedAt, now: clock.now() });
  const stuck = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([giveUp, stuck.signal]);

  if (isSuspect(record) && !(await writer.write(processing(seen()), signal).catch(() => false))) return { lastSeen: writer.lastSeen() };
  const watching = watch({
    progress,
    clock,
    over: over.signal,
    stuck,
    // What is not yet written when the attempt is over is no news any more.
    onNews: () => void writer.write(processing(seen()), AbortSignal.any([signal, over.signal])).catch(() => {}),
  });

  const { namespace } = record.metadata;
  const attributes = {
    'spanferry.namespace': namespace ?? '',
    'spanferry.source': record.spec.sourceRef.name,
    'spanferry.key': record.spec.key,
  };
  const job = { record, spec: source.spec, connection, transcode: options.transcode, settings: options.settings(source), progress };
  const outcome: Ferried | GiveUp = await options.tracing
    .trace('file', attributes, (step) => ferry({ ...job, step }, signal))
    .catch((thrown) => (stuck.signal.aborted ? 'stuck' : giveUp.aborted ? (giveUp.reason as GiveUp) : mistaken(thrown)));
  over.abort();
  await watching;
  const ferried = blame ? blamed(outcome) : outcome;

  if (ferried === 'not ours' || (typeof ferried === 'object' && ferried.ended === 'fenced')) return { lastSeen: writer.lastSeen() };
  const status =
    ferried === 'put back'
      ? interrupted(seen())
      : verdict({ ...seen(), ferried: ferried === 'stuck' ? { ended: 'failed', failure: stuckFor(progress) } : ferried });
  if (typeof ferried === 'object' && ferried.ended === 'waiting') {
    connections.doubt(source);
    await tell(writer, status, record, giveUp);
    return { waitFor: { ...ferried, connection }, lastSeen: writer.lastSeen() };
  }
  // The verdict is written even while the worker drains; only who lost the file keeps silent.
  const written = await writer.write(status, new AbortController().signal).catch(() => false);
  return { ...(written && { status }), lastSeen: writer.lastSeen() };
}

const mistaken = (thrown: unknown): Ferried => ({ ended: 'failed', failure: failureOf(thrown) });

/** Others of its source were read in the meantime, again and again: it is the file, and it pays. */
function blamed(outcome: Ferried | GiveUp): Ferried | GiveUp {
  if (typeof outcome === 'string' || outcome.ended !== 'waiting' || outcome.side !== 'store') return outcome;
  return { ended: 'failed', failure: { ...outcome.failure, reason: 'Unreadable' } };
}

/** A file that waits says why, once: not again for every try. */
async function tell(
  writer: ReturnType<typeof statusWriter>,
  status: IngestionFile['status'],
  before: IngestionFile,
  signal: AbortSignal,
): Promise<void> {
  const { reason, checkpoint } = before.status;
  if (reason === status.reason && checkpoint?.batches === status.checkpoint?.batches && before.status.state === 'Pending') return;
  await writer.write(status, signal).catch(() => false);
}

type Watch = {
  readonly progress: Progress;
  readonly clock: Clock;
  readonly over: AbortSignal;
  readonly stuck: AbortController;
  readonly onNews: () => void;
};

/** Says `Processing` after a moment, keeps a checkpoint from time to time, and ends an attempt that stands still. */
async function watch({ progress, clock, over, stuck, onNews }: Watch): Promise<void> {
  let [movedAt, moved, batches] = [clock.monotonic(), progress.moved, progress.batches];
  let wait = PROCESSING_AFTER_MS;
  let told = false;
  while (!over.aborted) {
    await clock.sleep(wait, over).catch(() => {});
    if (over.aborted) return;
    if (progress.moved !== moved) [movedAt, moved] = [clock.monotonic(), progress.moved];
    if (clock.monotonic() - movedAt >= STUCK_AFTER_MS) return stuck.abort();
    if (!told || progress.batches !== batches) onNews();
    [told, batches, wait] = [true, progress.batches, CHECKPOINT_EVERY_MS];
  }
}

const stuckFor = (progress: Progress): Failure => ({
  reason: 'Stuck',
  message: `nothing moved for ${STUCK_AFTER_MS / 60_000} minutes after ${progress.batches} batches`,
});
