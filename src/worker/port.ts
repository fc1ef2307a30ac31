import type { FileStatus, IngestionFile } from '../api/ingestionfile.ts';
import type { IngestionSource } from '../api/ingestionsource.ts';
import type { Sender } from '../delivery/sender.ts';
import type { Store } from '../stores/store.ts';
import type { Gathering } from './gather.ts';

/** The records bound to this worker, and their status. */
export type Records = {
  /** A copy that follows the API server. */
  readonly mine: () => Iterable<IngestionFile>;
  /** Reads one anew; undefined where it is gone. */
  readonly reread: (record: IngestionFile) => Promise<IngestionFile | undefined>;
  /** Writes under the resourceVersion of `record`; a conflict is a `Failed` with the reason ObjectChanged. */
  readonly setStatus: (record: IngestionFile, status: FileStatus) => Promise<IngestionFile>;
};

/** The sources, as a copy that follows the API server. */
export type Sources = { readonly of: (record: IngestionFile) => IngestionSource | undefined };

/** What a source leads to: its bucket and its destination, opened with its Secrets. */
export type Connection = {
  readonly store: Pick<Store, 'open' | 'rereads' | 'done'>;
  readonly sender: Pick<Sender, 'send' | 'ready'>;
  /** The same way for batches of packs, which share requests. */
  readonly gathering: Gathering;
  /** Digest of destination, format and limits: where it differs, a checkpoint is worth nothing. */
  readonly fingerprint: string;
  /** Aborted when source or Secrets have changed and another connection took its place. */
  readonly replaced: AbortSignal;
  /** It is no longer in use here. */
  readonly release: () => void;
};

export type Connections = {
  /** The same connection while neither the source nor its Secrets change; to be released. Throws a `Failed`. */
  readonly to: (source: IngestionSource) => Promise<Connection>;
  /** Something was refused: the Secrets are read anew next time. */
  readonly doubt: (source: IngestionSource) => void;
  /** Looks whether source or Secrets have changed; who waits for what is replaced hears of it. Does not reject. */
  readonly renew: (source: IngestionSource) => Promise<void>;
};

/** Told for metrics and logs. */
export type Observer = {
  /** What the destination decided in one attempt, however that ended. */
  readonly delivered?: (record: IngestionFile, spans: { readonly accepted: number; readonly rejected: number }) => void;
  readonly ended?: (record: IngestionFile, status: FileStatus, seconds: number) => void;
};
