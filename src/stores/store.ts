/** One file as a listing shows it. */
export type StoredFile = {
  readonly key: string;
  /** What pins the content: ETag at S3 and Azure, generation at GCS, the pass over a slice of time at a platform. */
  readonly version: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedTime: number;
  /** In an archive class: it is listed, but cannot be read. */
  readonly archived?: boolean;
};

/** One page of a listing. `folders` is filled where a delimiter was given. Files come in the order of the UTF-8 bytes of their keys. */
export type Page = { readonly files: readonly StoredFile[]; readonly folders: readonly string[] };

export type ListOptions = {
  /** Below the prefix of the source where given; the prefix of the source otherwise. */
  readonly prefix?: string;
  /** Only keys that come after this one (never the key itself), compared as UTF-8 bytes. */
  readonly startAfter?: string;
  /** Usually "/": keys are rolled up into folders at it. */
  readonly delimiter?: string;
  readonly pageSize?: number;
  /** Files modified before this moment are not wanted. A store that can leave them out does. */
  readonly notBefore?: number;
  readonly signal?: AbortSignal;
};

/** What a probe learned about a store it may use. */
export type Probe = {
  /** Who the store says we are: an ARN, a service account, an account name; absent where the store does not tell. */
  readonly identity?: string;
  /** Where the bucket is, when it is not where the source said (it is used, and worth a word). */
  readonly region?: string;
  /** What of the place cannot be read although all is well, in a sentence. */
  readonly partly?: string;
};

/**
 * A bucket as the operator sees it: list and get, nothing else. Whatever goes wrong is thrown as a `Failed` (api/failure.ts)
 * with a reason of the one table.
 */
export type Store = {
  /** For people: `s3://acme-traces/agents/prod/`. */
  readonly location: string;
  /** Can I list, can I read, who am I. At most ten seconds. */
  readonly probe: (signal?: AbortSignal) => Promise<Probe>;
  readonly list: (options?: ListOptions) => AsyncIterable<Page>;
  /**
   * The bytes of one file from an offset, pinned to the version listed: fails with `Superseded` or `Deleted` when it is not
   * there any more. A body that stalls or is cut is resumed under the same version. A chunk may only be read until the next one is asked for: its
   * memory is used again.
   */
  readonly open: (file: Pick<StoredFile, 'key' | 'version' | 'size'>, options?: OpenOptions) => AsyncIterable<Uint8Array>;
  /** Reading a file twice may give other bytes, so an attempt begins at its start and never in the middle. */
  readonly rereads?: 'may differ';
  /** All that was read of this file is at its destination. For stores whose files overlap. */
  readonly done?: (file: Pick<StoredFile, 'key' | 'version'>) => void;
  /** Gives back what the store holds. Calling it twice is fine. */
  readonly close: () => void;
};

export type OpenOptions = { readonly from?: number; readonly signal?: AbortSignal };
