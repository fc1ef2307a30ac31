import { sliceAt } from '../stores/slices/grid.ts';

/** Up to when all slices of a source are done: the start of the first one that the ledger does not know. */
export type Watermark = (from: number, now: number) => number;

/**
 * Slices are asked for one after the other, each once, since what is done stays done. `from` is where the source begins; an edit that
 * moves it back has everything asked for again.
 */
export function watermark(sliceMs: number, isDone: (key: string) => boolean): Watermark {
  let begun = Number.POSITIVE_INFINITY;
  let at = Number.POSITIVE_INFINITY;
  return (from, now) => {
    if (from !== begun) [begun, at] = [from, Math.floor(from / sliceMs) * sliceMs];
    for (let slice = sliceAt(at, sliceMs); slice.to <= now && isDone(slice.key); slice = sliceAt(at, sliceMs)) at = slice.to;
    return at;
  };
}
