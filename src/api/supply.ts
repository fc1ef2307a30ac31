import type { Failure } from './failure.ts';
import type { IngestionFile, NamedFile } from './ingestionfile.ts';

// What sources offer and dispatch takes: the two rooms know each other only by this.

export type SourceRef = { readonly namespace: string; readonly name: string; readonly uid: string };

/** What tells one content of one file from all others of a source. */
export type FileKey = Pick<NamedFile, 'key' | 'version'>;

/** A file that matches, is not done and in no record. */
export type Candidate = NamedFile & {
  /** Name of the record it gets where it has one of its own. */
  readonly name: string;
  /** A pack gave it back, or it was overwritten unread and is there again: it goes into no pack. */
  readonly alone?: true;
};

/** Fresh files came since the last scan; the others are found by a full listing, which may be long. */
export type Lane = 'fresh' | 'backlog';

/** Superseded: it was overwritten before it could be read. That counts as completed, but the same content is welcome when it is put back. */
export type Outcome = 'completed' | 'failed' | 'superseded';

/**
 * Has the ledger to hear of this? What was completed once stays so: that a forced repetition failed is told by its record alone. That a content was
 * not read this time takes back nothing that is known of it.
 */
export const isNews = (outcome: Outcome, known: Outcome | undefined): boolean =>
  outcome === 'superseded' ? known === undefined : known !== 'completed' && known !== outcome;

/** How one file ended, and how many of its spans were delivered if it was completed. */
export type Ended = { readonly file: NamedFile; readonly outcome: Outcome; readonly spans: number };

/** What a source offers to dispatch, and what it wants to know. */
export type Supply = {
  readonly source: SourceRef;
  /** Files of sources that agree in this go to one worker, as long as it lives. */
  readonly home?: string | undefined;
  /** Files that people want to see of each kind. */
  readonly history: { readonly completed: number; readonly failed: number };
  /** The files of a lane that are at hand right now, in their order. A view: it changes with the next call. */
  readonly waiting: (lane: Lane) => readonly Candidate[];
  /** Takes files of a lane, except for those that were done or bound in the meantime. Taking them means to bind them. */
  readonly take: (lane: Lane, chosen: readonly Candidate[]) => readonly Candidate[];
  /** Files that were taken, but could not be bound, and what the API server said to it. */
  readonly giveBack: (candidates: readonly Candidate[], lane: Lane, why?: Failure) => void;
  /** Offers a file that a pack gave back. True once that is over: it has a record, is done or superseded, or does not match any more. */
  readonly offer: (file: NamedFile) => boolean;
  /** Name of the record of this file alone. */
  readonly nameOf: (file: NamedFile) => string;
  /** What the ledger says about a content. */
  readonly outcome: (file: FileKey) => Outcome | undefined;
  /** Puts the verdict of a record into the ledger; resolves when it is written. */
  readonly remember: (record: IngestionFile, endings: readonly Ended[]) => Promise<void>;
  /** An unfinished record is gone: only a full listing finds its files again. */
  readonly lost: () => void;
};
