import { type DatadogSpan, hasWholeId, upperIn } from './spans.ts';

/** The upper halves of trace ids, by the lower ones, of one organisation. */
export type UpperHalves = { readonly get: (lower: string) => string | undefined; readonly set: (lower: string, upper: string) => void };

const MOST_TRACES = 100_000;

/** Upper halves that were told not long ago, for spans of the same trace in later pages and slices. */
export function upperHalves(): UpperHalves {
  const kept = new Map<string, string>();
  return {
    get: (lower) => kept.get(lower),
    set: (lower, upper) => {
      kept.set(lower, upper);
      const [oldest] = kept.keys();
      if (kept.size > MOST_TRACES && oldest !== undefined) kept.delete(oldest);
    },
  };
}

/** So many spans wait at most: five pages of them. */
const MOST_HELD = 5_000;

/**
 * Takes page after page of a slice and gives the spans that can go on. Only some spans of a trace tell the upper half of its id, mostly its first one;
 * where it is a later one, on this page or another, those before it are held back until then, or until the slice ends.
 */
export function holding(upper: UpperHalves, most = MOST_HELD) {
  let held: readonly DatadogSpan[] = [];
  const waits = (span: DatadogSpan): boolean => !hasWholeId(span) && upper.get(span.trace_id) === undefined;
  return (page: readonly DatadogSpan[], isLast: boolean): readonly DatadogSpan[] => {
    for (const span of page) {
      const half = upperIn(span);
      if (half !== undefined) upper.set(span.trace_id, half);
    }
    const { waiting = [], ready = [] } = Object.groupBy([...held, ...page], (span) => (waits(span) ? 'waiting' : 'ready'));
    const isOver = isLast || waiting.length > most;
    held = isOver ? [] : waiting;
    return isOver ? [...ready, ...waiting] : ready;
  };
}
