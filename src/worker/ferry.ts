import { type Failure, failureOf, makesFilesWait } from '../api/failure.ts';
import { type FileStatus, filesOf, type IngestionFile, type NamedFile } from '../api/ingestionfile.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import type { Consignment, Rejected } from '../delivery/outcome.ts';
import type { Step } from '../observability/tracing.ts';
import type { Batch, Input, Settings, Summary, Transcode } from '../transcode/port.ts';
import { hasSpanType, unexpectedApplications } from './application.ts';
import { type Packed, packedFrom } from './packed.ts';
import type { Connection } from './port.ts';

/** How far one file has come. Grows while it is ferried; a checkpoint is a copy of it. */
export type Progress = {
  /** Batches acknowledged, from the first one on. */
  batches: number;
  spans: number;
  /** Spans that the destination refused. */
  rejectedSpans: number;
  requests: number;
  rejected: readonly Rejected[];
  /** Looked for only where the source has application ids. */
  hasSpanType?: boolean;
  /** The destination's words although it took everything. */
  warning?: string;
  /** What became of a batch of which only a part was decided: the next attempt of this worker goes on there. */
  rest?: Rest;
  /** What is decided about the files of a pack. */
  readonly packed?: Packed;
  /** Changes with every byte read and every batch acknowledged: what stands still is stuck. */
  moved: number;
};

/**
 * A batch that was cut to pieces when trouble came, without its bytes: the same file gives the same batch again. It is kept in
 * memory only, because a restart may cost a part of one batch twice, and a status should not grow for that.
 */
export type Rest = Omit<Consignment, 'batch'> & {
  readonly index: number;
  readonly spans: number;
  /** Of the bytes, where the same pack may give other ones. */
  readonly digest?: string;
};

/** How one attempt to ferry a file ended. */
export type Ferried =
  | { readonly ended: 'done'; readonly summary: Summary }
  /** The store or the destination is in trouble: the file waits, and pays nothing. */
  | { readonly ended: 'waiting'; readonly failure: Failure; readonly side: 'store' | 'destination' }
  /** The file's own fault. */
  | { readonly ended: 'failed'; readonly failure: Failure }
  /** This worker may not send any more: somebody else may own the file by now. */
  | { readonly ended: 'fenced' };

export type Job = {
  readonly record: IngestionFile;
  readonly spec: SourceSpec;
  readonly connection: Connection;
  readonly transcode: Transcode;
  readonly settings: Settings;
  readonly progress: Progress;
  /** The operator's own trace of this attempt. */
  readonly step: Step;
};

/** The progress from which an attempt starts: that of the checkpoint, if it still holds. */
export function progressFrom(record: Pick<IngestionFile, 'spec' | 'status'>, fingerprint: string): Progress {
  const { checkpoint, warnings } = record.status;
  const holds = checkpoint?.fingerprint === fingerprint ? checkpoint : undefined;
  const packed = packedFrom(record, holds !== undefined);
  return {
    batches: holds?.batches ?? 0,
    spans: holds?.spans ?? 0,
    rejectedSpans: holds?.rejectedSpans ?? 0,
    requests: 0,
    rejected: holds && warnings ? warnings.flatMap(rejectionIn) : [],
    moved: 0,
    ...(packed && { packed }),
  };
}

/** How the reasons for which spans were rejected are kept beside a checkpoint, and shown to people. */
export const rejectionText = ({ reason, message }: Pick<Rejected, 'reason' | 'message'>): string => `${reason}: ${message}`;

function rejectionIn({ message, count }: NonNullable<FileStatus['warnings']>[number]): Rejected[] {
  const [reason = '', ...words] = message.split(': ');
  return reason === 'RefusedByDestination' || reason === 'SpanTooLarge' ? [{ reason, message: words.join(': '), spans: count }] : [];
}

/** Takes a batch's ending out of the transcoder, which knows only throws. */
export class Ended extends Error {
  readonly how: Ferried;
  constructor(how: Ferried) {
    super(how.ended);
    this.how = how;
  }
}

/** Reads the file, pinned to its version, and delivers every batch that was not acknowledged before. Rejects only with the signal's reason. */
export async function ferry(job: Job, signal: AbortSignal): Promise<Ferried> {
  const { spec, progress, transcode, settings, step } = job;
  try {
    if (spec.applicationMismatch === 'Fail' && spec.applicationIds?.length) {
      const seen = await transcode(input(job), settings, () => void progress.moved++, signal);
      const strange = unexpectedApplications(spec, seen.applicationIds);
      if (strange) return { ended: 'failed', failure: { reason: 'ApplicationMismatch', message: strange } };
    }
    const summary = await step.within('transcode', (transcoding) =>
      transcode(input(job), settings, (batch) => transcoding.within('deliver', () => deliver(batch, job, signal)), signal),
    );
    for (const file of filesOf(job.record.spec)) job.connection.store.done?.(file);
    return { ended: 'done', summary };
  } catch (thrown) {
    if (thrown instanceof Ended) return thrown.how;
    signal.throwIfAborted();
    return endOf(failureOf(thrown));
  }
}

/** What an attempt to read comes to when it fails. */
export const endOf = (failure: Failure): Ferried =>
  makesFilesWait(failure.reason) ? { ended: 'waiting', failure, side: 'store' } : { ended: 'failed', failure };

async function deliver(batch: Batch, { spec, connection, progress, record }: Job, signal: AbortSignal): Promise<void> {
  if (spec.applicationIds?.length) progress.hasSpanType ||= hasSpanType(batch.body);
  if (batch.index < progress.batches) return batch.release?.();
  const rest = progress.rest?.index === batch.index && progress.rest.spans === batch.spans ? progress.rest : undefined;
  const outcome = await connection.sender.send(rest ? { ...rest, batch } : batch, { file: record.metadata.uid ?? '', signal });
  progress.requests += outcome.requests - (rest?.requests ?? 0);
  const left = outcome.state === 'done' ? undefined : restOf(outcome.rest);
  if (left) progress.rest = left;
  if (outcome.state === 'waiting') throw new Ended({ ended: 'waiting', failure: outcome.failure, side: 'destination' });
  if (outcome.state === 'failed') throw new Ended({ ended: 'failed', failure: outcome.failure });
  if (outcome.state === 'fenced') throw new Ended({ ended: 'fenced' });
  batch.release?.();
  delete progress.rest;
  progress.batches = batch.index + 1;
  progress.spans += outcome.accepted;
  progress.rejectedSpans += outcome.rejectedSpans;
  progress.rejected = [...progress.rejected, ...outcome.rejected].slice(0, 20);
  if (outcome.warning !== undefined) progress.warning = outcome.warning;
  progress.moved++;
}

/** What is left of a batch of which a part was decided. */
export function restOf({ batch, ...left }: Consignment): Rest | undefined {
  return left.sift.accepted + left.sift.rejected.length > 0 ? { ...left, index: batch.index, spans: batch.spans } : undefined;
}

function input({ record, connection, progress, step }: Job): Input {
  const [{ key, version, size }] = filesOf(record.spec) as [NamedFile];
  return {
    size,
    name: key,
    open: async function* (from, signal) {
      const chunks = connection.store.open({ key, version, size }, { from, signal })[Symbol.asyncIterator]();
      try {
        for (let next = await step.within('open', () => chunks.next()); !next.done; next = await chunks.next()) {
          progress.moved++;
          yield next.value;
        }
      } finally {
        await chunks.return?.();
      }
    },
  };
}
