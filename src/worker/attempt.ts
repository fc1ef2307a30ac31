import { type Failure, failureOf, sideOf } from '../api/failure.ts';
import { type IngestionFile, titleOf } from '../api/ingestionfile.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import type { Log } from '../observability/logger.ts';
import type { Tracing } from '../observability/tracing.ts';
import type { Clock } from '../std/clock.ts';
import type { Settings, Transcode, TranscodeMany } from '../transcode/port.ts';
import { type Ferried, ferry, type Progress, progressFrom, type Rest } from './ferry.ts';
import { ferryPack } from './pack.ts';
import { isSuspect } from './pick.ts';
import type { Connection, Connections, Records } from './port.ts';
import { interrupted, processing, verdict } from './verdict.ts';
import { type StatusWriter, statusWriter } from './writer.ts';

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
  readonly transcodeMany: TranscodeMany;
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
  /** What the destination decided; absent where it was not asked. */
  readonly delivered?: { readonly accepted: number; readonly rejected: number };
  /** Where the next attempt of this worker goes on in the middle of a batch, under this fingerprint. */
  readonly rest?: KeptRest;
  /** The file waits for this: the store after a while, the destination when it lets files through. */
  readonly waitFor?: { readonly side: 'store' | 'destination'; readonly failure: Failure; readonly connection?: Connection };
};

export type KeptRest = { readonly rest: Rest; readonly fingerprint: string };

type Circumstances = {
  readonly giveUp: AbortSignal;
  /** Trouble of the store is the file's own. */
  readonly blame: boolean;
  /** What the attempt before left in the middle of a batch. */
  readonly kept?: KeptRest | undefined;
};

/** Until this moment a file that is quick costs one write, its verdict. */
const PROCESSING_AFTER_MS = 1_000;
const CHECKPOINT_EVERY_MS = 15_000;
const STUCK_AFTER_MS = 5 * 60_000;

/** One attempt to ferry one file or one pack, with all that is written on its record. */
export async function attempt(
  record: IngestionFile,
  source: IngestionSource,
  circumstances: Circumstances,
  options: AttemptOptions,
): Promise<AttemptEnd> {
  const { records, connections, clock, log } = options;
  const onTrouble = (failure: Failure) => log.warn('cannot write the status of a record', { record: record.metadata.name, failure });
  const writer = statusWriter(record, { records, clock, onTrouble });
  let connection: Connection;
  try {
    connection = await connections.to(source);
  } catch (thrown) {
    const failure = failureOf(thrown);
    connections.doubt(source);
    await tell(
      writer,
      { ...record.status, state: 'Pending', reason: failure.reason, message: failure.message },
      record,
      circumstances.giveUp,
    );
    return { waitFor: { side: sideOf(failure.reason) ?? 'store', failure }, lastSeen: writer.lastSeen() };
  }
  try {
    return { ...(await connected(record, source, { ...circumstances, connection, writer }, options)), lastSeen: writer.lastSeen() };
  } finally {
    connection.release();
  }
}

type Connected = Circumstances & { readonly connection: Connection; readonly writer: StatusWriter };

async function connected(
  record: IngestionFile,
  source: IngestionSource,
  { giveUp, blame, kept, connection, writer }: Connected,
  options: AttemptOptions,
): Promise<Omit<AttemptEnd, 'lastSeen'>> {
  const { clock, connections } = options;
  const { fingerprint } = connection;
  const startedAt = clock.now();
  const counted: IngestionFile = { ...record, status: { ...record.status, attempts: record.status.attempts + 1 } };
  const goesOn = connection.store.rereads === undefined;
  const progress = progressFrom(goesOn ? record : { ...record, status: withoutCheckpoint(record.status) }, fingerprint);
  if (goesOn && kept?.fingerprint === fingerprint && kept.rest.index === progress.batches) progress.rest = kept.rest;
  const before = { spans: progress.spans, rejectedSpans: progress.rejectedSpans };
  const seen = () => ({ record: counted, spec: source.spec, progress, fingerprint, startedAt, now: clock.now() });
  const stuck = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([giveUp, stuck.signal]);

  if (isSuspect(record) && !(await writer.write(processing(seen()), signal).catch(() => false))) return {};
  const watching = watch({
    progress,
    clock,
    over: over.signal,
    stuck,
    // What is not yet written when the attempt is over is no news any more.
    onNews: () => void writer.write(processing(seen()), AbortSignal.any([signal, over.signal])).catch(() => {}),
  });
  const outcome = await ferried(record, source, { connection, progress, signal }, options).catch((thrown) =>
    stuck.signal.aborted ? 'stuck' : giveUp.aborted ? (giveUp.reason as GiveUp) : mistaken(thrown),
  );
  over.abort('over');
  await watching;

  const result = blame ? blamed(outcome) : outcome;
  const leftOut = typeof result === 'object' && result.ended === 'done' ? result.summary.rejectedSpans : 0;
  const end = {
    delivered: { accepted: progress.spans - before.spans, rejected: progress.rejectedSpans - before.rejectedSpans + leftOut },
    ...(progress.rest && { rest: { rest: progress.rest, fingerprint } }),
  };
  if (result === 'not ours' || (typeof result === 'object' && result.ended === 'fenced')) return end;
  const status =
    result === 'put back'
      ? interrupted(seen())
      : verdict({ ...seen(), ferried: result === 'stuck' ? { ended: 'failed', failure: stuckFor(progress) } : result });
  if (typeof result === 'object' && result.ended === 'waiting') {
    connections.doubt(source);
    await tell(writer, status, record, giveUp);
    return { ...end, waitFor: { ...result, connection } };
  }
  // The verdict is written even while the worker drains; only who lost the file keeps silent.
  const written = await writer.write(status, new AbortController().signal).catch(() => false);
  return written ? { ...end, status } : end;
}

function ferried(
  record: IngestionFile,
  source: IngestionSource,
  { connection, progress, signal }: { readonly connection: Connection; readonly progress: Progress; readonly signal: AbortSignal },
  { tracing, transcode, transcodeMany, settings }: AttemptOptions,
): Promise<Ferried | GiveUp> {
  const { namespace } = record.metadata;
  const attributes = {
    'spanferry.namespace': namespace ?? '',
    'spanferry.source': record.spec.sourceRef.name,
    'spanferry.key': titleOf(record.spec),
  };
  const job = { record, spec: source.spec, connection, transcode, settings: settings(source), progress };
  const { packed } = progress;
  if (packed) return tracing.trace('pack', attributes, (step) => ferryPack({ ...job, packed, transcodeMany, step }, signal));
  return tracing.trace('file', attributes, (step) => ferry({ ...job, step }, signal));
}

/** What cannot be read from the middle begins at its start. */
const withoutCheckpoint = ({ checkpoint: _, ...status }: IngestionFile['status']): IngestionFile['status'] => status;

const mistaken = (thrown: unknown): Ferried => ({ ended: 'failed', failure: failureOf(thrown) });

/** Others of its source were read in the meantime, again and again: it is the file, and it pays. */
function blamed(outcome: Ferried | GiveUp): Ferried | GiveUp {
  if (typeof outcome === 'string' || outcome.ended !== 'waiting' || outcome.side !== 'store') return outcome;
  return { ended: 'failed', failure: { ...outcome.failure, reason: 'Unreadable' } };
}

/** A file that waits says why, once: not again for every try. */
async function tell(writer: StatusWriter, status: IngestionFile['status'], before: IngestionFile, signal: AbortSignal): Promise<void> {
  const { reason, checkpoint } = before.status;
  const isAsBefore = writer.lastSeen() === before.metadata.resourceVersion && before.status.state === 'Pending';
  if (isAsBefore && reason === status.reason && checkpoint?.batches === status.checkpoint?.batches) return;
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
