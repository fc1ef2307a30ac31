import { fail } from '../../api/failure.ts';
import type { ListOptions, StoredFile } from '../store.ts';
import { compareUtf8 } from '../utf8-order.ts';

/** How the time of a platform is cut into slices, and when they are read. */
export type Schedule = {
  /** Divides a day, so that the grid is the same whoever draws it. */
  readonly lengthMs: number;
  /** A slice rests so long before it is read. */
  readonly settleMs: number;
  /** So much later it is read once more; 0: it is not. */
  readonly overlapMs: number;
  /** How far back the platform remembers. */
  readonly reachMs: number;
};

/** One slice of time: from a moment on, up to another but without it. */
export type Slice = { readonly key: string; readonly from: number; readonly to: number };

/** The first pass brings what was there when the slice had settled, the last one what came after that. */
export const passes = { first: 'pass-1', last: 'pass-2' } as const;

/** Bytes of a slice are unknown before it is read. This much of a worker's memory is set aside for it: a page and what is made of it. */
const SLICE_BYTES = 16 * 1024 * 1024;

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\/PT(\d+)M$/;
const MINUTE = 60_000;

/** The slice of this length that begins at a moment of the grid. */
export const sliceAt = (from: number, lengthMs: number): Slice => ({
  key: `${new Date(from).toISOString().slice(0, 19)}Z/PT${lengthMs / MINUTE}M`,
  from,
  to: from + lengthMs,
});

/** The slice that a key names: `2026-11-20T10:00:00Z/PT1M`. */
export function sliceOf(key: string): Slice {
  const [, from = '', minutes = ''] = pattern.exec(key) ?? fail('Deleted', `${key} does not name a slice of time`);
  return { key, from: Date.parse(from), to: Date.parse(from) + Number(minutes) * MINUTE };
}

/** Which pass over a slice is due, if one is. A slice whose last pass is due needs no first one any more. */
export function passDue({ to }: Slice, { settleMs, overlapMs }: Schedule, now: number): string | undefined {
  if (now < to + settleMs) return undefined;
  return now < to + settleMs + overlapMs ? passes.first : passes.last;
}

/** The slices that can be read now, in the order of time, which is that of their keys. Nobody is asked for it: it is arithmetic. */
export function* sliceFiles(
  schedule: Schedule,
  now: number,
  { prefix = '', startAfter, notBefore = 0 }: ListOptions,
): Generator<StoredFile> {
  const { lengthMs, reachMs } = schedule;
  const begin = Math.max(now - reachMs, notBefore - lengthMs, momentIn(startAfter), 0);
  for (let from = Math.floor(begin / lengthMs) * lengthMs; ; from += lengthMs) {
    const slice = sliceAt(from, lengthMs);
    const version = passDue(slice, schedule, now);
    if (version === undefined) return;
    if (!slice.key.startsWith(prefix)) continue;
    if (startAfter !== undefined && compareUtf8(slice.key, startAfter) <= 0) continue;
    yield { key: slice.key, version, size: SLICE_BYTES, modifiedTime: slice.to };
  }
}

const momentIn = (key = ''): number => Date.parse(key.slice(0, 20)) || 0;
