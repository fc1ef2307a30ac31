import type { Failure } from '../api/failure.ts';
import type { IngestionFile } from '../api/ingestionfile.ts';
import type { IngestionSource, SourceSpec, SourceStatus } from '../api/ingestionsource.ts';
import type { FileKey, SourceRef } from '../api/supply.ts';
import type { LedgerObjects } from '../ledger/ledger.ts';
import type { Stores } from '../stores/registry.ts';

/** The sources: a copy that follows the API server, and their status. */
export type Sources = {
  /** By "namespace/name". */
  readonly get: (key: string) => IngestionSource | undefined;
  /** Asks the API server itself: one that this version does not understand is in no copy, and there all the same. */
  readonly isGone: (source: { readonly namespace: string; readonly name: string }) => Promise<boolean>;
  /** Under the resourceVersion of `source`; throws a `Failed`, with ObjectChanged where somebody else was faster. */
  readonly setStatus: (source: IngestionSource, status: SourceStatus) => Promise<IngestionSource>;
};

/** The Secrets that sources name, each of its source's own namespace. */
export type Secrets = {
  /** Decoded values by name of the Secret and key; one that is not there is left out. Whoever waits for a correction wants them young. */
  readonly read: (
    namespace: string,
    names: readonly string[],
    maxAgeMs?: number,
  ) => Promise<Readonly<Record<string, Readonly<Record<string, string>>>>>;
  /** Something did not accept what was in there: it is read anew next time. */
  readonly drop: (namespace: string, names: readonly string[]) => void;
};

/** The records of all sources: a copy that follows the API server. */
export type Records = {
  readonly get: (namespace: string, name: string) => IngestionFile | undefined;
  /** The packs of this very source that have this content of this file. */
  readonly packsWith: (source: SourceRef, file: FileKey) => readonly IngestionFile[];
  /** The records that this very source owns. */
  readonly of: (source: SourceRef) => Iterable<IngestionFile>;
};

/** Where the ledgers lie. Writes throw a `Failed`. */
export type Ledgers = {
  readonly of: (source: { readonly namespace: string; readonly name: string }) => LedgerObjects;
  /** One for each source that has a ledger, whether the source is still there or not. */
  readonly all: () => Promise<readonly StoredLedger[]>;
  /** Notes in an annotation of the head since when the source is gone; undefined takes that back. */
  readonly markOrphaned: (ledger: StoredLedger, since: string | undefined) => Promise<void>;
  /** Deletes all segments. */
  readonly remove: (ledger: StoredLedger) => Promise<void>;
};

/** The ledger of one source, and since when it is known to have none. */
export type StoredLedger = { readonly namespace: string; readonly name: string; readonly orphanedSince?: string };

/** What the operator's policy says about a source. */
export type Policy = {
  /** Why this source may not be served. */
  readonly refusal: (namespace: string, spec: SourceSpec) => Failure | undefined;
  /** May sources of this namespace read with the identity of the operator? */
  readonly operatorIdentity: (namespace: string) => boolean;
};

/** Tells people what happened. Recording never waits. */
export type Happening = {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
};

export type Tell = (source: IngestionSource, happening: Happening) => void;

/** Opens stores, as src/stores does. */
export type OpenStore = Stores['open'];

/** What is measured about sources. Labels are of sources, never of files. */
export type Observer = {
  /** A listing ended: how many objects it saw, and how long the store took. */
  readonly listed?: (source: SourceRef, how: string, objects: number, seconds: number) => void;
  /** How a source stands; told with every summary. */
  readonly summarised?: (source: SourceRef, standing: Standing) => void;
  readonly gone?: (source: SourceRef) => void;
};

export type Standing = {
  readonly ready: boolean;
  readonly files: NonNullable<SourceStatus['files']>;
  readonly totals: NonNullable<SourceStatus['totals']>;
  readonly oldestPendingMs: number;
  /** Where files are slices of time: up to when all are done. */
  readonly doneUntil?: number;
  readonly ledger: { readonly entries: number; readonly bytes: number };
};
