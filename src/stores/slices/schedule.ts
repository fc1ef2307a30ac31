import { durationMs } from '../../api/duration.ts';
import type { PlatformSpec } from '../spec.ts';
import type { Schedule } from './grid.ts';
import { type Memory, memory } from './memory.ts';

const DAY = 86_400_000;

/** The schedule of a source: length and reach are the platform's, the rest is the user's. */
export const scheduleOf = (spec: Pick<PlatformSpec, 'settle' | 'overlap'>, lengthMs: number, days: number): Schedule => ({
  lengthMs,
  settleMs: durationMs(spec.settle),
  overlapMs: durationMs(spec.overlap),
  reachMs: days * DAY,
});

/** What was delivered of each place: it outlives an edit of the source, which opens the store anew. */
export function memories(): (place: string, schedule: Schedule) => Memory {
  const kept = new Map<string, Memory>();
  return (place, { lengthMs, settleMs, overlapMs }) => {
    const name = `${place} ${settleMs} ${overlapMs}`;
    const known = kept.get(name) ?? memory(overlapMs + settleMs + 2 * lengthMs);
    kept.set(name, known);
    return known;
  };
}
