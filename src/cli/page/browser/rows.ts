import type { PageSpan } from '../model.ts';

/** Which spans are shown: those below a folded one are not. */
export type Rows = {
  /** Numbers of the spans that are shown, in order. */
  readonly shown: () => readonly number[];
  readonly hasChildren: (span: number) => boolean;
  readonly isFolded: (span: number) => boolean;
  readonly fold: (span: number) => void;
  /** Unfolds whatever hides a span. */
  readonly reveal: (span: number) => void;
};

export function rowsOf(spans: readonly PageSpan[]): Rows {
  const folded = new Set<number>();
  let shown: number[] | undefined;

  const depthOf = (span: number): number => spans[span]?.depth ?? -1;
  const hasChildren = (span: number): boolean => depthOf(span + 1) > depthOf(span);

  const compute = (): number[] => {
    const found: number[] = [];
    for (let at = 0; at < spans.length; at++) {
      found.push(at);
      // Children follow their parent, so the folded ones are a stretch.
      if (folded.has(at)) while (depthOf(at + 1) > depthOf(found.at(-1) ?? 0)) at++;
    }
    return found;
  };

  const fold = (span: number): void => {
    if (!hasChildren(span)) return;
    if (!folded.delete(span)) folded.add(span);
    shown = undefined;
  };

  const reveal = (span: number): void => {
    let depth = depthOf(span);
    for (let at = span - 1; at >= 0 && depth > 0; at--) {
      if (depthOf(at) >= depth) continue;
      depth = depthOf(at);
      if (folded.delete(at)) shown = undefined;
    }
  };

  return { shown: () => (shown ??= compute()), hasChildren, isFolded: (span) => folded.has(span), fold, reveal };
}
