import { Failed } from '../api/failure.ts';
import { Pending } from './batch/pending.ts';
import { Tally } from './batch/tally.ts';
import { drive } from './drive.ts';
import { Filler } from './intake/filler.ts';
import { type Intake, openIntake } from './intake/intake.ts';
import { walkFile } from './intake/sniff.ts';
import type { Arena, CreateEngine, Engine, Window } from './kernel.ts';
import type { Transcode } from './port.ts';
import { secondLooks } from './second-look.ts';
import type { Job } from './walk.ts';
import { createWasmEngine } from './wasm/engine.ts';

/** Spans are read whole; most fit many times. */
const WINDOW = 1024 * 1024;
const ARENA_SLACK = 64 * 1024;
const LARGEST_BATCH = 16 * 1024 * 1024;
const LARGEST_WINDOW = 64 * 1024 * 1024;
/** Engines kept for the next file; more are only made where files are transcoded side by side. */
const KEPT = 2;

/** A transcoder that works with the given engine. Engines are used again: their buffers are larger than most files. */
export function transcoder(createEngine: CreateEngine): Transcode {
  const idle = new Map<number, Engine[]>();
  return async (input, settings, take, signal = new AbortController().signal) => {
    signal.throwIfAborted();
    const maxBatchBytes = Math.min(settings.maxBatchBytes, LARGEST_BATCH);
    const kept = idle.get(maxBatchBytes) ?? [];
    idle.set(maxBatchBytes, kept);
    const engine = kept.pop() ?? createEngine({ window: WINDOW, arena: maxBatchBytes + ARENA_SLACK });
    const intake = await openIntake(input, settings, signal);
    const looks = secondLooks(input, settings, intake.seekable, signal);
    const job = newJob(engine, maxBatchBytes, input.name);
    const grow = (size: number): Uint8Array => {
      engine.buffers.growWindow(size);
      job.pending.arena.bytes = engine.buffers.arena();
      return engine.buffers.window();
    };
    const limit = Math.max(WINDOW, Math.min(LARGEST_WINDOW, maxBatchBytes * 8));
    const filler = new Filler(job.window, intake.chunks, grow, limit);
    try {
      await filler.fill(0, signal);
      const format = await drive(walkFile(job, settings.format), { job, filler, take, secondLook: looks.look, signal });
      return job.tally.summary(describe(format, intake), job.window.offset + job.window.end);
    } catch (thrown) {
      throw told(thrown, job);
    } finally {
      await Promise.all([filler.close(), looks.close()]);
      if (kept.length < KEPT) kept.push(engine);
    }
  };
}

/** The transcoder of this build. */
export const transcode: Transcode = transcoder(createWasmEngine);

function newJob(engine: Engine, maxBatchBytes: number, name: string | undefined): Job {
  const window: Window = { bytes: engine.buffers.window(), end: 0, offset: 0, ended: false };
  const arena: Arena = { bytes: engine.buffers.arena(), length: 0, limit: 0 };
  const tally = new Tally();
  return {
    window,
    place: { at: 0 },
    warn: (message, offset) => tally.warn(message, offset),
    pending: new Pending(arena, maxBatchBytes),
    tally,
    maxBatchBytes,
    ...(engine.fast ? { fast: engine.fast } : {}),
    ...(name === undefined ? {} : { name }),
  };
}

const describe = (format: string, { compression, framed }: Intake): string =>
  [format, ...(framed ? ['length-prefixed'] : []), ...(compression ? [compression] : [])].join(', ');

/** A failure says how many spans came before it: some may have been delivered. */
function told(thrown: unknown, { pending }: Job): unknown {
  if (!(thrown instanceof Failed) || pending.counted === 0) return thrown;
  const { failure } = thrown;
  return new Failed({ ...failure, message: `${failure.message}, after ${pending.counted} ${pending.counted === 1 ? 'span' : 'spans'}` });
}
