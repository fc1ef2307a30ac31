import type { Mutable } from '../std/mutable.ts';
import { giveBack, ownBody } from './batch/bodies.ts';
import { Pending } from './batch/pending.ts';
import { Tally } from './batch/tally.ts';
import { Filler } from './intake/filler.ts';
import type { Intake } from './intake/intake.ts';
import type { CreateEngine, Engine } from './kernel.ts';
import type { Batch, Settings } from './port.ts';
import type { Job, Known } from './walk.ts';

/** Spans are read whole; most fit many times. */
const WINDOW = 1024 * 1024;
/** Two heads that room is kept for must fit in (LONGEST_KEPT). */
const ARENA_SLACK = 64 * 1024;
const LARGEST_BATCH = 16 * 1024 * 1024;
const LARGEST_WINDOW = 64 * 1024 * 1024;
/** Engines kept for the next file; more are only made where files are transcoded side by side. */
const KEPT = 2;

/** Engines by the size of their batches. They are used again: their buffers are larger than most files. */
export type Engines = {
  readonly take: (maxBatchBytes: number) => Engine;
  readonly giveBack: (maxBatchBytes: number, engine: Engine) => void;
};

export function engines(create: CreateEngine): Engines {
  const idle = new Map<number, Engine[]>();
  const kept = (maxBatchBytes: number): Engine[] => {
    const list = idle.get(maxBatchBytes) ?? [];
    idle.set(maxBatchBytes, list);
    return list;
  };
  return {
    take: (maxBatchBytes) => kept(maxBatchBytes).pop() ?? create({ window: WINDOW, arena: maxBatchBytes + ARENA_SLACK }),
    giveBack(maxBatchBytes, engine) {
      const list = kept(maxBatchBytes);
      // A body in one of its arenas may never come back. One whose window has grown is kept: the next would only be more to clear away.
      if (list.length < KEPT && !engine.buffers.isLent?.()) list.push(engine);
    },
  };
}

export const batchLimit = ({ maxBatchBytes }: Settings): number => Math.min(maxBatchBytes, LARGEST_BATCH);

export const newPending = (engine: Engine, maxBatchBytes: number): Pending =>
  new Pending({ bytes: engine.buffers.arena(), length: 0, limit: 0 }, maxBatchBytes);

/**
 * Closes a batch and waits until it was taken. Its body is the arena itself where the engine has another one, otherwise a copy. Returns
 * how many spans were dropped, since they fit into no batch.
 */
export async function handOver(
  pending: Pending,
  { buffers }: Engine,
  take: (batch: Omit<Batch, 'index'>) => Promise<void> | void,
): Promise<number> {
  const { body, spans, dropped, inArena } = pending.cut();
  const release = inArena && spans > 0 ? buffers.lend?.() : undefined;
  if (release) await take({ body, spans, release });
  else if (spans > 0) {
    const own = ownBody(body);
    await take({ body: own, spans, release: () => giveBack(own.buffer) });
  }
  pending.renew(buffers.arena());
  return dropped;
}

/** What the walk over one file works with. */
export function newJob(engine: Engine, pending: Pending, name: string | undefined, known?: Known): Job {
  const tally = new Tally();
  const job: Mutable<Job> = {
    window: { bytes: engine.buffers.window(), end: 0, offset: 0, ended: false },
    place: { at: 0 },
    warn: (message, offset) => tally.warn(message, offset),
    pending,
    tally,
    maxBatchBytes: pending.limit,
  };
  // No spreading: there is a job for each of many small files.
  if (known) job.known = known;
  if (engine.fast) job.fast = engine.fast;
  if (name !== undefined) job.name = name;
  return job;
}

/** Fills the window of a job, which grows where an element does not fit. */
export function fillerOf({ window, pending }: Job, engine: Engine, { chunks }: Intake): Filler {
  const grow = (size: number): Uint8Array => {
    engine.buffers.growWindow(size);
    pending.arena.bytes = engine.buffers.arena();
    return engine.buffers.window();
  };
  return new Filler(window, chunks, grow, Math.max(WINDOW, Math.min(LARGEST_WINDOW, pending.limit * 8)));
}

/** "OTLP JSON lines, gzip" */
export const describe = (format: string, { compression, framed }: Pick<Intake, 'compression' | 'framed'>): string =>
  [format, ...(framed ? ['length-prefixed'] : []), ...(compression ? [compression] : [])].join(', ');
