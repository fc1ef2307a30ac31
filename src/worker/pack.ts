import { hash } from 'node:crypto';
import { type Failure, fail, failureOf, makesFilesWait } from '../api/failure.ts';
import { filesOf, type NamedFile } from '../api/ingestionfile.ts';
import type { Outcome } from '../delivery/outcome.ts';
import { semaphore } from '../std/semaphore.ts';
import type { Share, SharedBatch, Summary, TranscodeMany } from '../transcode/port.ts';
import { hasSpanType, unexpectedApplications } from './application.ts';
import { borrow, giveBack } from './arena.ts';
import { Ended, endOf, type Ferried, type Job, restOf } from './ferry.ts';
import { except, type Packed, undecided } from './packed.ts';
import { together } from './together.ts';

export type PackJob = Job & { readonly packed: Packed; readonly transcodeMany: TranscodeMany };

/** A file of the pack in memory. */
type Loaded = { readonly index: number; readonly file: NamedFile; readonly bytes: Uint8Array };

/** Files of one pack that are opened at the same time. */
const AHEAD = 16;
/** The same of all packs together. With more, what a read leaves behind lives so long that the collector takes it for something to keep. */
const reading = semaphore(64);
/** After so many failures of the store no more files are opened: it is not the files. */
const MOST_TROUBLES = 4;

/**
 * Reads the files of a pack whole and delivers their spans in batches that they share. A file that something is wrong with is left
 * out, and the others go. Where the store fails, what could be read is delivered before the pack waits. Rejects only with the
 * signal's reason.
 */
export async function ferryPack(job: PackJob, signal: AbortSignal): Promise<Ferried> {
  const leave = job.connection.gathering.enter();
  const files = filesOf(job.record.spec);
  // One piece of memory for all: what a socket gives is a small part of something large, which would be held as long.
  const memory = borrow(undecided(job.packed).reduce((sum, index) => sum + (files[index]?.size ?? 0), 0));
  try {
    return await ferried(job, memory, signal);
  } finally {
    giveBack(memory);
    leave();
  }
}

async function ferried(job: PackJob, memory: Buffer, signal: AbortSignal): Promise<Ferried> {
  const { settings, transcodeMany, step, packed } = job;
  const { loaded, trouble } = await step.within('open', () => load(job, memory, signal));
  try {
    const files = await expected(loaded, job, signal);
    const small = files.map(({ file, bytes }) => ({ bytes, name: file.key }));
    const results = await step.within('transcode', (transcoding) =>
      transcodeMany(small, settings, (batch) => transcoding.within('deliver', () => deliver(batch, files, job, signal)), signal),
    );
    for (const [at, result] of results.entries()) {
      const { index, file } = files[at] as Loaded;
      if (result.state === 'failed') except(packed, index, result.failure);
      else if (result.state === 'large') except(packed, index, outgrown);
      // What is in a batch was counted with it.
      else if (result.summary.spans === 0) count(result.summary, file, job);
    }
  } catch (thrown) {
    if (thrown instanceof Ended) return thrown.how;
    signal.throwIfAborted();
    return endOf(failureOf(thrown));
  }
  return trouble ? { ended: 'waiting', side: 'store', failure: trouble } : { ended: 'done', summary: packed.summary };
}

/** Adds what a file held to what is known of the pack. Spans that were left out are a fact as soon as the others have arrived. */
function count(summary: Summary, { key }: NamedFile, { packed, progress, spec }: PackJob): void {
  packed.summary = together(packed.summary, summary, spec);
  const rejected = summary.rejected.map(({ reason, message }) => ({ reason, message: `${key}: ${message}`, spans: 1 }));
  progress.rejectedSpans += summary.rejectedSpans;
  progress.rejected = [...progress.rejected, ...rejected].slice(0, 20);
}

const outgrown: Failure = { reason: 'OutgrowsPack', message: 'its spans fill more than one request' };

/** Opens the files about which nothing is decided, a few ahead of each other. */
async function load(
  job: PackJob,
  memory: Buffer,
  signal: AbortSignal,
): Promise<{ readonly loaded: readonly Loaded[]; readonly trouble?: Failure }> {
  const { record, packed, progress } = job;
  const files = filesOf(record.spec);
  const left = undecided(packed);
  const loaded: Loaded[] = [];
  let used = 0;
  const troubles: Failure[] = [];
  let next = 0;
  const reader = async () => {
    while (next < left.length && troubles.length < MOST_TROUBLES) {
      const index = left[next++] as number;
      const file = files[index] as NamedFile;
      const bytes = memory.subarray(used, used + file.size);
      used += file.size;
      const release = await reading.acquire(1, signal);
      try {
        await readInto(bytes, file, job, signal);
        loaded.push({ index, file, bytes });
      } catch (thrown) {
        signal.throwIfAborted();
        const failure = failureOf(thrown);
        if (makesFilesWait(failure.reason)) troubles.push(failure);
        else except(packed, index, failure);
      } finally {
        release();
      }
      progress.moved++;
    }
  };
  // All of them: whoever still reads would write into memory that is somebody else's by then.
  await Promise.allSettled(Array.from({ length: AHEAD }, reader));
  signal.throwIfAborted();
  const [trouble] = troubles;
  return { loaded: loaded.sort((a, b) => a.index - b.index), ...(trouble && { trouble }) };
}

async function readInto(bytes: Uint8Array, file: NamedFile, { connection }: PackJob, signal: AbortSignal): Promise<void> {
  let at = 0;
  for await (const chunk of connection.store.open(file, { signal })) {
    if (at + chunk.length > bytes.length) fail('StoreProtocolError', `${file.key} is longer than the ${file.size} bytes that were listed`);
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (at < bytes.length) fail('StoreUnavailable', `${file.key} ended after ${at} of ${file.size} bytes`);
}

/** Where the source insists on its applications, files of others are left out before anything is sent. */
async function expected(loaded: readonly Loaded[], job: PackJob, signal: AbortSignal): Promise<readonly Loaded[]> {
  const { spec, settings, transcodeMany, progress, packed } = job;
  if (spec.applicationMismatch !== 'Fail' || !spec.applicationIds?.length) return loaded;
  const small = loaded.map(({ file, bytes }) => ({ bytes, name: file.key }));
  const results = await transcodeMany(small, settings, () => void progress.moved++, signal);
  return loaded.filter(({ index }, at) => {
    const result = results[at];
    const strange = result?.state === 'done' ? unexpectedApplications(spec, result.summary.applicationIds) : undefined;
    if (strange) except(packed, index, { reason: 'ApplicationMismatch', message: strange });
    return !strange;
  });
}

async function deliver(batch: SharedBatch, files: readonly Loaded[], job: PackJob, signal: AbortSignal): Promise<void> {
  const { connection, progress, packed, record, spec } = job;
  const { shares, body, spans } = batch;
  if (spec.applicationIds?.length) progress.hasSpanType ||= hasSpanType(body);
  const index = progress.batches;
  const joints = shares.slice(1).map(({ from }) => from);
  // Files may have gone since the last attempt, so only the very same bytes go on where they were.
  const rest = progress.rest?.digest === digestOf(body) ? progress.rest : undefined;
  const parcel = { index, body, spans, joints };
  const options = { file: record.metadata.uid ?? '', signal };
  const { sender, gathering } = connection;
  const outcome = await (rest ? sender.send({ ...rest, batch: parcel }, options) : gathering.send(parcel, options));
  progress.requests += outcome.requests - (rest?.requests ?? 0);
  if (outcome.state === 'waiting') {
    const left = restOf(outcome.rest);
    if (left) progress.rest = { ...left, digest: digestOf(body) };
    throw new Ended({ ended: 'waiting', failure: outcome.failure, side: 'destination' });
  }
  if (outcome.state === 'fenced') throw new Ended({ ended: 'fenced' });
  for (const share of shares) {
    const { index: at, file } = files[share.file] as Loaded;
    const why = objection(share, outcome);
    if (why) {
      except(packed, at, why);
      continue;
    }
    packed.spans[at] = share.spans;
    count(share.summary, file, job);
  }
  batch.release?.();
  delete progress.rest;
  progress.batches++;
  progress.spans += outcome.accepted;
  progress.rejectedSpans += outcome.rejectedSpans;
  progress.rejected = [...progress.rejected, ...outcome.rejected].slice(0, 20);
  if (outcome.warning !== undefined) progress.warning = outcome.warning;
  progress.moved++;
}

/** Why the spans of one file did not arrive: they were refused, or the destination failed before it had decided about them. */
function objection({ from, spans }: Share, outcome: Outcome): Pick<Failure, 'reason' | 'message'> | undefined {
  const touches = (range: { readonly from: number; readonly to: number }) => range.from < from + spans && range.to > from;
  const refusal = outcome.refused?.find(touches);
  if (refusal) return refusal;
  if (outcome.state !== 'failed') return undefined;
  const open = outcome.rest.sift.pieces.flatMap((piece) => [piece, ...(piece.twin ? [piece.twin] : [])]);
  return open.some(touches) ? outcome.failure : undefined;
}

const digestOf = (body: Uint8Array): string => hash('sha256', body, 'base64url');
