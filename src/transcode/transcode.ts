import { Failed, isFailed } from '../api/failure.ts';
import { drive } from './drive.ts';
import { openIntake } from './intake/intake.ts';
import { walkFile } from './intake/sniff.ts';
import { batchLimit, describe, type Engines, engines, fillerOf, newJob, newPending } from './job.ts';
import type { CreateEngine } from './kernel.ts';
import { manyTranscoder } from './many.ts';
import type { Transcode, TranscodeMany } from './port.ts';
import { secondLooks } from './second-look.ts';
import type { Job } from './walk.ts';
import { createWasmEngine } from './wasm/engine.ts';

/** A transcoder that works with engines of the given kind. */
export const transcoder = (createEngine: CreateEngine): Transcode => transcoderWith(engines(createEngine));

const transcoderWith =
  (kept: Engines): Transcode =>
  async (input, settings, take, signal = new AbortController().signal) => {
    signal.throwIfAborted();
    const intake = await openIntake(input, settings, signal);
    const looks = secondLooks(input, settings, intake.seekable, signal);
    const engine = kept.take(batchLimit(settings));
    const job = newJob(engine, newPending(engine, batchLimit(settings)), input.name);
    const filler = fillerOf(job, engine, intake);
    try {
      await filler.fill(0, signal);
      const format = await drive(walkFile(job, settings.format), { job, engine, filler, take, secondLook: looks.look, signal });
      return job.tally.summary(describe(format, intake), job.window.offset + job.window.end);
    } catch (thrown) {
      throw told(thrown, job);
    } finally {
      await Promise.all([filler.close(), looks.close()]);
      kept.giveBack(batchLimit(settings), engine);
    }
  };

const ours = engines(createWasmEngine);

/** The transcoder of this build. */
export const transcode: Transcode = transcoderWith(ours);

/** The same for many small files. */
export const transcodeMany: TranscodeMany = manyTranscoder(ours);

/** A failure says how many spans came before it: some may have been delivered. */
function told(thrown: unknown, { pending }: Job): unknown {
  if (!isFailed(thrown) || pending.counted === 0) return thrown;
  const { failure } = thrown;
  return new Failed({ ...failure, message: `${failure.message}, after ${pending.counted} ${pending.counted === 1 ? 'span' : 'spans'}` });
}
