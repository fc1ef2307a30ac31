import type { FileSpec, FileStatus, IngestionFile } from '../api/ingestionfile.ts';

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
  readonly find: (record: IngestionFile) => IngestionFile | undefined;
  readonly create: (record: NewRecord) => Promise<IngestionFile>;
  /** Binds to another worker. */
  readonly bind: (record: IngestionFile, worker: string) => Promise<IngestionFile>;
  readonly setStatus: (record: IngestionFile, status: FileStatus) => Promise<IngestionFile>;
  /** Under uid and resourceVersion. */
  readonly remove: (record: IngestionFile) => Promise<void>;
};

export type NewRecord = { readonly name: string; readonly source: SourceRef; readonly spec: FileSpec };

export type SourceRef = { readonly namespace: string; readonly name: string; readonly uid: string };

/** A file that matches, is not done and has no record. */
export type Candidate = Pick<FileSpec, 'key' | 'version' | 'size' | 'modifiedTime'> & {
  /** Name of the record it will get. */
  readonly name: string;
};

/** Fresh files came since the last scan; the others are found by a full listing, which may be long. */
export type Lane = 'fresh' | 'backlog';

export type Outcome = 'completed' | 'failed';

/** What a source offers to dispatch, and what it wants to know. */
export type Supply = {
  readonly source: SourceRef;
  /** Files of sources that agree in this go to one worker, as long as it lives. */
  readonly home?: string | undefined;
  readonly history: { readonly completed: number; readonly failed: number };
  /** The next file of a lane, if one is at hand right now. Taking it means to bind it. */
  readonly take: (lane: Lane) => Candidate | undefined;
  /** A file that was taken, but could not be bound. */
  readonly giveBack: (candidate: Candidate, lane: Lane) => void;
  /** What the ledger says about the content of a record. */
  readonly outcome: (spec: Pick<FileSpec, 'key' | 'version'>) => Outcome | undefined;
  /** Puts a verdict into the ledger; resolves when it is written. */
  readonly remember: (record: IngestionFile, outcome: Outcome) => Promise<void>;
  /** An unfinished record is gone: only a full listing finds its file again. */
  readonly lost: () => void;
};

/** A record whose source can be served. */
export type Owned = { readonly record: IngestionFile; readonly supply: Supply };
