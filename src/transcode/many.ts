import { type Failure, failureOf } from '../api/failure.ts';
import type { Pending } from './batch/pending.ts';
import type { Filler } from './intake/filler.ts';
import { isPlain, openIntake } from './intake/intake.ts';
import { walkFile } from './intake/sniff.ts';
import { batchLimit, describe, type Engines, fillerOf, handOver, newJob, newPending } from './job.ts';
import type { Engine, Window } from './kernel.ts';
import { takeRepeat } from './otlp/repeats.ts';
import type { FileResult, Input, Settings, Share, SmallFile, TranscodeMany } from './port.ts';
import type { Job, Known, Walk } from './walk.ts';

/** Its spans do not fit behind those of the files before it. */
const FULL = Symbol('the batch is full');

/** What the files of one job have in common. */
type Common = { readonly engine: Engine; readonly pending: Pending; readonly known: Known; readonly settings: Settings };

/** A transcoder of many small files, one after the other, into batches that they share. */
export const manyTranscoder =
  (kept: Engines): TranscodeMany =>
  async (files, settings, take, signal = new AbortController().signal) => {
    signal.throwIfAborted();
    const engine = kept.take(batchLimit(settings));
    const pending = newPending(engine, batchLimit(settings));
    const common: Common = { engine, pending, known: { declined: 0 }, settings };
    const results: FileResult[] = [];
    let shares: Share[] = [];
    let spans = 0;
    let index = 0;
    const send = async (): Promise<void> => {
      const sharesOfBatch = shares;
      [shares, spans] = [[], 0];
      await handOver(pending, engine, (batch) => take({ index: index++, ...batch, shares: sharesOfBatch }));
      signal.throwIfAborted();
    };
    try {
      for (const [file, small] of files.entries()) {
        let result = takeOne(small, common) ?? (await walkOne(small, common, signal));
        if (result === FULL && shares.length > 0) {
          await send();
          result = await walkOne(small, common, signal);
        }
        const settled: FileResult = result === FULL ? { state: 'large' } : result;
        results.push(settled);
        if (settled.state !== 'done' || settled.summary.spans === 0) continue;
        shares.push({ file, from: spans, spans: settled.summary.spans, summary: settled.summary });
        spans += settled.summary.spans;
      }
      if (shares.length > 0) await send();
      return results;
    } finally {
      kept.giveBack(batchLimit(settings), engine);
    }
  };

/** Takes a file that repeats what is known from one before, without waiting for anything; nothing where it must be walked. */
function takeOne({ bytes, name }: SmallFile, { engine, pending, known, settings }: Common): FileResult | undefined {
  if (!known.frame || settings.format === 'Monocle' || bytes.length > engine.buffers.window().length) return undefined;
  const mark = pending.mark();
  const job = newJob(engine, pending, name, known);
  lay(bytes, job.window);
  if (takeRepeat(job)) return done(job, 'OTLP JSON');
  pending.back(mark);
  return undefined;
}

/** Walks over one file. Where that does not come to its end, nothing of the file is left. */
async function walkOne(file: SmallFile, common: Common, signal: AbortSignal): Promise<FileResult | typeof FULL> {
  const { engine, pending, known, settings } = common;
  const { bytes, name } = file;
  const mark = pending.mark();
  const job = newJob(engine, pending, name, known);
  try {
    const whole = bytes.length <= job.window.bytes.length && isPlain(bytes);
    const format = whole ? walkWhole(job, bytes, settings) : await walkStream(job, file, common, signal);
    if (format !== FULL) return done(job, format);
    pending.back(mark);
    return FULL;
  } catch (thrown) {
    pending.back(mark);
    signal.throwIfAborted();
    return { state: 'failed', failure: plain(failureOf(thrown)) };
  }
}

function done({ window, pending, tally }: Job, format: string): FileResult {
  tally.spans = pending.counted;
  tally.batches = pending.counted > 0 ? 1 : 0;
  return { state: 'done', summary: tally.summary(format, window.offset + window.end) };
}

/** Lays a plain file that fits into the window there: it can be read without waiting for anything. */
function lay(bytes: Uint8Array, window: Window): void {
  window.bytes.set(bytes);
  window.end = bytes.length;
  window.ended = true;
}

function walkWhole(job: Job, bytes: Uint8Array, { format }: Settings): string | typeof FULL {
  lay(bytes, job.window);
  const { done, value } = walkFile(job, format).next(true);
  // There is no more input to ask for: it asks to close the batch, or for a look ahead before that.
  return done ? value : FULL;
}

async function walkStream(job: Job, { bytes, name }: SmallFile, common: Common, signal: AbortSignal): Promise<string | typeof FULL> {
  const { engine, settings } = common;
  const input: Input = {
    open: async function* (from) {
      if (from < bytes.length) yield bytes.subarray(from);
    },
    size: bytes.length,
    ...(name === undefined ? {} : { name }),
  };
  const intake = await openIntake(input, settings, signal);
  const filler = fillerOf(job, engine, intake);
  try {
    await filler.fill(0, signal);
    const format = await filled(walkFile(job, settings.format), job, filler, signal);
    return format === FULL ? FULL : describe(format, intake);
  } finally {
    await filler.close();
  }
}

/** Gives a walk the input it asks for, and stops where it asks for anything else. */
async function filled(walk: Walk<string>, { place }: Job, filler: Filler, signal: AbortSignal): Promise<string | typeof FULL> {
  for (let answer = true; ; ) {
    const { done, value } = walk.next(answer);
    if (done) return value;
    if (value !== 'fill') return FULL;
    answer = await filler.fill(place.at, signal);
    if (answer) place.at = 0;
  }
}

/** A failure as it can cross to another thread. */
const plain = ({ reason, message }: Failure): Failure => ({ reason, message });
