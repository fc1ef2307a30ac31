/** The stretch of time that is shown, in microseconds since the start of the trace. */
export type View = { readonly from: number; readonly to: number };

/** Nobody zooms further than this part of a trace, or a tenth of a microsecond. */
const DEEPEST = 1e-7;

export const whole = (took: number): View => ({ from: 0, to: Math.max(took, 0.1) });

/** Zooms by a factor around a moment, which stays where it is. */
export function zoomed(view: View, took: number, around: number, factor: number): View {
  const all = whole(took);
  const length = Math.min(all.to, Math.max((view.to - view.from) * factor, all.to * DEEPEST, 0.1));
  const part = (around - view.from) / (view.to - view.from);
  return within({ from: around - part * length, to: around + (1 - part) * length }, all);
}

/** Moves by a part of what is shown. */
export function moved(view: View, took: number, part: number): View {
  const by = (view.to - view.from) * part;
  return within({ from: view.from + by, to: view.to + by }, whole(took));
}

/** The same length, inside the trace. */
function within({ from, to }: View, all: View): View {
  const length = Math.min(to - from, all.to);
  const start = Math.min(Math.max(0, from), all.to - length);
  return { from: start, to: start + length };
}

/** Moments at which the scale has a mark: about so many, at round times. */
export function marks({ from, to }: View, many: number): readonly number[] {
  const rough = (to - from) / Math.max(1, many);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step);
}
