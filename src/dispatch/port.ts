import type { FileSpec, FileStatus, IngestionFile, NamedFile } from '../api/ingestionfile.ts';

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
  /** Makes a source the owner of a record that has none. */
  readonly adopt: (record: IngestionFile, source: SourceRef) => Promise<IngestionFile>;
  /** Under uid and resourceVersion. */
  readonly remove: (record: IngestionFile) => Promise<void>;
};

export type NewRecord = { readonly name: string; readonly source: SourceRef; readonly spec: FileSpec };

export type SourceRef = { readonly namespace: string; readonly name: string; readonly uid: string };

/** A file that matches, is not done and in no record. */
export type Candidate = NamedFile & {
  /** Name of the record it gets where it has one of its own. */
  readonly name: string;
  /** A pack gave it back: it goes into none again. */
  readonly alone?: true;
};

/** Fresh files came since the last scan; the others are found by a full listing, which may be long. */
export type Lane = 'fresh' | 'backlog';

export type Outcome = 'completed' | 'failed';

/** How one file ended. */
export type Ended = { readonly file: NamedFile; readonly outcome: Outcome };

/** What a source offers to dispatch, and what it wants to know. */
export type Supply = {
  readonly source: SourceRef;
  /** Files that people want to see of each kind. */
  readonly history: { readonly completed: number; readonly failed: number };
  /** The files of a lane that are at hand right now, in their order. A view: it changes with the next call. */
  readonly waiting: (lane: Lane) => readonly Candidate[];
  /** Takes files of a lane, except for those that were done or bound in the meantime. Taking them means to bind them. */
  readonly take: (lane: Lane, chosen: readonly Candidate[]) => readonly Candidate[];
  /** Files that were taken, but could not be bound. */
  readonly giveBack: (candidates: readonly Candidate[], lane: Lane) => void;
  /** Offers a file that a pack gave back. True once that is over: it has a record, is done, or does not match any more. */
  readonly offer: (file: NamedFile) => boolean;
  /** Name of the record of this file alone. */
  readonly nameOf: (file: NamedFile) => string;
  /** What the ledger says about a content. */
  readonly outcome: (file: Pick<NamedFile, 'key' | 'version'>) => Outcome | undefined;
  /** Puts the verdict of a record into the ledger; resolves when it is written. */
  readonly remember: (record: IngestionFile, endings: readonly Ended[]) => Promise<void>;
  /** An unfinished record is gone: only a full listing finds its files again. */
  readonly lost: () => void;
};

/** A record whose source can be served. */
export type Owned = { readonly record: IngestionFile; readonly supply: Supply };
