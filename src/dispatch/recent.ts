import type { IngestionFile } from '../api/ingestionfile.ts';

/** Records that we created and that are perhaps not yet in the copy: they take slots all the same. */
export type Recent = {
  readonly add: (record: IngestionFile) => void;
  /** Those that the copy has not shown; what has come, or surely never will, is forgotten. */
  readonly missing: () => readonly IngestionFile[];
};

/** A copy is not so late. A record that did not come by then was deleted before the copy could see it. */
const LATE_MS = 30_000;

/** `now` is monotonic. */
export function recentRecords(find: (record: IngestionFile) => IngestionFile | undefined, now: () => number): Recent {
  const added = new Map<string, { readonly record: IngestionFile; readonly until: number }>();
  return {
    add: (record) => void added.set(record.metadata.uid ?? '', { record, until: now() + LATE_MS }),
    missing: () => {
      for (const [uid, { record, until }] of added) {
        if (find(record)?.metadata.uid === uid || until <= now()) added.delete(uid);
      }
      return [...added.values()].map(({ record }) => record);
    },
  };
}
