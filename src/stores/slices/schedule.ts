import { durationMs } from '../../api/duration.ts';
import { shared } from '../../std/shared.ts';
import type { OpenContext } from '../provider.ts';
import type { PlatformSpec } from '../spec.ts';
import type { Schedule } from './grid.ts';
import { type Memory, memory } from './memory.ts';

const DAY = 86_400_000;
/** Nobody settles for so long, and no timer could wait for it. */
const LONGEST_KEEP_MS = 20 * DAY;

/** The schedule of a source: length and reach are the platform's, the rest is the user's. */
export const scheduleOf = (spec: Pick<PlatformSpec, 'settle' | 'overlap'>, lengthMs: number, days: number): Schedule => ({
  lengthMs,
  settleMs: durationMs(spec.settle),
  overlapMs: durationMs(spec.overlap),
  reachMs: days * DAY,
});

/** The memory of a source, to be given back where its store is closed. */
export type Remembered = { readonly it: Memory; readonly release: () => void };

/**
 * What each source has delivered of its place: never of another source, whose destination may be another one. It outlives an edit of the
 * source, which opens the store anew, and is dropped when nobody has used it for as long as a span may come again.
 */
export function memories(): (source: OpenContext['source'], place: string, schedule: Schedule) => Remembered {
  const kept = shared<Memory>(
    () => {},
    ({ keepMs }) => Math.min(keepMs, LONGEST_KEEP_MS),
  );
  return ({ namespace, name }, place, { lengthMs, settleMs, overlapMs }) =>
    kept.take(JSON.stringify([namespace, name, place, settleMs, overlapMs]), () => memory(overlapMs + settleMs + 2 * lengthMs));
}
