import { isFailed } from '../api/failure.ts';
import type { Filler } from './intake/filler.ts';
import { handOver } from './job.ts';
import type { Engine } from './kernel.ts';
import type { Batch } from './port.ts';
import type { Job, LookAhead, Walk } from './walk.ts';

/** A second view of the file from an offset, for a look ahead. */
export type SecondLook = (offset: number, ahead: LookAhead) => Promise<void>;

export type Drive = {
  readonly job: Job;
  readonly engine: Engine;
  readonly filler: Filler;
  readonly take: (batch: Batch) => Promise<void> | void;
  readonly secondLook: SecondLook;
  readonly signal: AbortSignal;
};

/** Gives a walk what it asks for, until it is done. */
export async function drive<T>(walk: Walk<T>, { job, engine, filler, take, secondLook, signal }: Drive): Promise<T> {
  const { place, pending } = job;
  const send = async (): Promise<void> => {
    do {
      const dropped = await handOver(pending, engine, (batch) => {
        job.tally.spans += batch.spans;
        return take({ index: job.tally.batches++, ...batch });
      });
      for (let i = 0; i < dropped; i++) job.tally.reject(unexpectedlyLarge(job), job.window.offset + place.at);
      signal.throwIfAborted();
    } while (pending.over());
  };
  const slide = async (mayGrow: boolean): Promise<boolean> => {
    const done = await filler.fill(place.at, signal, mayGrow);
    if (done) place.at = 0;
    return done;
  };
  let answer = true;
  for (;;) {
    const { done, value } = walk.next(answer);
    if (done) {
      while (!pending.empty) await send();
      return value;
    }
    answer = true;
    if (value === 'fill') answer = await slide(true);
    else if (value === 'batch') await send();
    else {
      if (!job.window.ended && place.at > 0) await slide(false);
      if (!lookInWindow(value, job)) await secondLook(job.window.offset + place.at, value);
    }
  }
}

/** Looks ahead as far as the window goes; false where that is not far enough. */
function lookInWindow(ahead: LookAhead, { window, place }: Job): boolean {
  const walk = ahead.over({ window, place: { ...place }, warn: () => {} });
  try {
    return walk.next(true).done === true;
  } catch (thrown) {
    // The walk itself will get to what is broken, and say so in its place.
    if (isFailed(thrown)) return true;
    throw thrown;
  }
}

const unexpectedlyLarge = ({ maxBatchBytes }: Job) =>
  ({
    reason: 'SpanTooLarge',
    message: `a span does not fit, with the resource and scope that come behind it, into a request of ${maxBatchBytes} bytes`,
  }) as const;
