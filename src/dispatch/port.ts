import type { FileSpec, FileStatus, IngestionFile } from '../api/ingestionfile.ts';
import type { SourceRef, Supply } from '../api/supply.ts';

/** A worker that lives, and what it published about itself. */
export type Worker = {
  readonly name: string;
  /** Files it takes at once; 0 while it drains. */
  readonly slots: number;
  /** Files bound to it that wait for something outside and hold no slot. */
  readonly waiting: number;
};

/** Who works, as the leader sees it. */
export type Workers = {
  readonly alive: () => readonly Worker[];
  /** May the files of this worker go to others? `left` let go by itself; `died` was in the middle of something. */
  readonly fate: (worker: string) => 'working' | 'left' | 'died';
};

/** The records of all sources: a copy that follows the API server, and the writes. Writes throw; a conflict means to look again. */
export type Records = {
  readonly all: () => Iterable<IngestionFile>;
  /** The one of this name in the copy. */
  readonly find: (record: { readonly metadata: Pick<IngestionFile['metadata'], 'namespace' | 'name'> }) => IngestionFile | undefined;
  readonly create: (record: NewRecord) => Promise<IngestionFile>;
  /** Binds to another worker. */
  readonly bind: (record: IngestionFile, worker: string) => Promise<IngestionFile>;
  readonly setStatus: (record: IngestionFile, status: FileStatus) => Promise<IngestionFile>;
  /** Makes a source the owner of a record that has none. */
  readonly adopt: (record: IngestionFile, source: SourceRef) => Promise<IngestionFile>;
  /** Under uid and resourceVersion. */
  readonly remove: (record: IngestionFile) => Promise<void>;
};

export type NewRecord = { readonly name: string; readonly source: SourceRef; readonly spec: FileSpec };

/** A record whose source can be served. */
export type Owned = { readonly record: IngestionFile; readonly supply: Supply };
