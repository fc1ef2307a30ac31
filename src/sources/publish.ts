import type { IngestionSource, SourceStatus } from '../api/ingestionsource.ts';
import type { Clock } from '../std/clock.ts';
import { happenings, restMs, urgency } from './news.ts';
import type { Sources, Tell } from './port.ts';

/** Brings the status of one source before people: the status itself, and events about what is new in it. */
export type Publisher = {
  /** The copy of the API server may lag behind our last write; this is the newer of both. */
  readonly newest: (fromCopy: IngestionSource) => IngestionSource;
  /** Writes where people would see a difference. `restMs`: the write must wait so long for its turn. */
  readonly publish: (
    source: IngestionSource,
    status: SourceStatus,
  ) => Promise<{ readonly source: IngestionSource; readonly restMs?: number }>;
};

export function publisher({ sources, tell, clock }: { readonly sources: Sources; readonly tell: Tell; readonly clock: Clock }): Publisher {
  let writtenAt = Number.NEGATIVE_INFINITY;
  let last: { readonly over: string | undefined; readonly source: IngestionSource } | undefined;

  return {
    newest: (fromCopy) => (last && last.over === fromCopy.metadata.resourceVersion ? last.source : fromCopy),
    publish: async (source, status) => {
      const rest = restMs(urgency(source.status, status), clock.monotonic() - writtenAt);
      if (rest === undefined) return { source };
      if (rest > 0) return { source, restMs: rest };
      const over = last?.source === source ? last.over : source.metadata.resourceVersion;
      const after = await sources.setStatus(source, status);
      last = { over, source: after };
      writtenAt = clock.monotonic();
      for (const happening of happenings(source.status, status)) tell(after, happening);
      return { source: after };
    },
  };
}
