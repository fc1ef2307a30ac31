/**
 * Who pays for trouble of the destination? An outage fails everybody and costs nobody anything. Where others pass while one batch
 * fails three times, the fault is its own.
 */
export type Strikes = {
  readonly passed: (file: string, batch: string) => void;
  /** Counts a failure; true once the batch pays. */
  readonly failed: (file: string, batch: string) => boolean;
};

const ALLOWED = 3;
/** So many troubled batches are remembered; beyond, the oldest gets a fresh start. */
const REMEMBERED = 10_000;

export function strikes(): Strikes {
  let clock = 0;
  // The last pass, and the last one by any other file than that: enough to know for each file when another passed last.
  let last = { file: '', at: 0 };
  let lastOfAnother = { file: '', at: 0 };
  const counted = new Map<string, { readonly count: number; readonly at: number }>();

  const otherPassed = (file: string): number => (last.file === file ? lastOfAnother.at : last.at);

  return {
    passed: (file, batch) => {
      counted.delete(batch);
      if (last.file !== file) lastOfAnother = last;
      last = { file, at: ++clock };
    },
    failed: (file, batch) => {
      const before = counted.get(batch);
      // Failing again counts only when another file has passed in between.
      if (before && otherPassed(file) <= before.at) return false;
      const count = (before?.count ?? 0) + 1;
      counted.delete(batch);
      if (count >= ALLOWED) return true;
      counted.set(batch, { count, at: ++clock });
      const [oldest] = counted.keys();
      if (counted.size > REMEMBERED && oldest !== undefined) counted.delete(oldest);
      return false;
    },
  };
}
