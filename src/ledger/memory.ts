import {
  countOf,
  type Entries,
  type Entry,
  failuresOf,
  find,
  hasKey,
  identitiesIn,
  merged,
  type Outcome,
  sorted,
  withoutFailures,
} from './entries.ts';
import type { Identity } from './identity.ts';

/** All that is known of the files of one source, ready for questions. */
export type Memory = {
  readonly lookup: (identity: Identity) => Outcome | undefined;
  /** Has any content under this key been ingested? */
  readonly knowsKey: (identity: Identity) => boolean;
  readonly add: (loose: readonly Entry[]) => void;
  /** Forgets every failure. */
  readonly forgive: () => void;
  /** Exact numbers of distinct files. */
  readonly counts: () => { readonly entries: number; readonly failures: number };
};

/**
 * Runs of entries, the newest last. A run that is not much smaller than its elder is merged into it, so that there are only a
 * dozen runs for ten million files and each entry is moved a dozen times in all: a question costs a few binary searches, and an
 * addition never copies the whole memory.
 */
export function memoryOf(segments: readonly Entries[]): Memory {
  // What comes from segments is united at once: the numbers must be exact from the start.
  let runs: Entries[] = [segments.reduce<Entries[]>(stack, []).reduceRight((newer, older) => merged(older, newer), sorted([]))];
  let [entries, failures] = [countOf(runs[0] as Entries), failuresOf(runs[0] as Entries)];

  const lookup = (identity: Identity): Outcome | undefined => {
    for (let at = runs.length - 1; at >= 0; at--) {
      const outcome = find(runs[at] as Entries, identity);
      if (outcome) return outcome;
    }
    return undefined;
  };

  const add = (loose: readonly Entry[]) => {
    if (loose.length === 0) return;
    const run = sorted(loose);
    for (const identity of identitiesIn(run)) {
      const before = lookup(identity);
      if (!before) entries++;
      if (before === 'failed') failures--;
    }
    failures += failuresOf(run);
    runs = stack(runs, run);
  };

  return {
    lookup,
    knowsKey: (identity) => runs.some((run) => hasKey(run, identity)),
    add,
    forgive: () => {
      // An old failure may hide behind a newer completion of the same file, so all is united first.
      runs = [withoutFailures(runs.reduceRight((newer, older) => merged(older, newer), sorted([])))];
      [entries, failures] = [countOf(runs[0] as Entries), 0];
    },
    counts: () => ({ entries, failures }),
  };
}

/** Puts a run on top, merging what has become too alike in size. */
function stack(runs: readonly Entries[], run: Entries): Entries[] {
  const below = [...runs];
  let top = run;
  for (let last = below.at(-1); last && countOf(last) < 2 * countOf(top); last = below.at(-1)) {
    top = merged(last, top);
    below.pop();
  }
  return [...below, top];
}
