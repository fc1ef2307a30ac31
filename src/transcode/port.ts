import type { Failure } from '../api/failure.ts';

/** How the bytes of a file are had: a stream from an offset, and a second one where the order in the file demands it. */
export type Input = {
  /** A chunk is not looked at any more once the next one is asked for. */
  readonly open: (from: number, signal: AbortSignal) => AsyncIterable<Uint8Array>;
  /** Compressed size, where known. */
  readonly size?: number;
  /** Only for messages and as the last resort for a service name; formats are told by content. */
  readonly name?: string;
};

export type Format = 'Auto' | 'OTLP' | 'Monocle';

export type Settings = {
  readonly format: Format;
  /** A batch is cut before it grows beyond this. At most 16 MiB. */
  readonly maxBatchBytes: number;
  /** Decompressed bytes per compressed byte, judged once 64 MiB have come out. */
  readonly maxExpansionRatio: number;
};

/** One serialized ExportTraceServiceRequest. The same bytes and settings give the same batches. */
export type Batch = {
  readonly index: number;
  readonly body: Uint8Array;
  readonly spans: number;
  /**
   * Gives the memory of the body back to be used again, which saves half of what a body costs. Nobody may read it from then on: another
   * body may be there. It is never the taker's to transfer.
   */
  readonly release?: () => void;
};

/** A span that was left out, and where it stands in the decompressed file. */
export type RejectedSpan = Failure & { readonly offset: number; readonly line?: number };

/** Something a person may want to know; the same message is counted, not repeated. */
export type Warning = { readonly message: string; readonly count: number; readonly offset?: number };

/** What a file held. Lists are bounded (20 rejected spans, 20 warnings, 100 services and application ids); counts are exact. */
export type Summary = {
  /** For people: "OTLP JSON lines, gzip". */
  readonly format: string;
  readonly spans: number;
  readonly rejectedSpans: number;
  readonly traces: number;
  readonly rejected: readonly RejectedSpan[];
  /** Decompressed bytes read. */
  readonly bytes: number;
  readonly batches: number;
  readonly services: readonly string[];
  readonly applicationIds: readonly string[];
  /** Nanoseconds since 1970: the smallest start and the largest end of the delivered spans. */
  readonly firstSpanTime?: bigint;
  readonly lastSpanTime?: bigint;
  readonly warnings: readonly Warning[];
};

/**
 * Transcodes one file. `take` gets each batch in order and is awaited before more input is read than the window holds, so a slow
 * taker slows the reading. The body belongs to the taker. Throws a `Failed` where the file cannot be read to its end.
 */
export type Transcode = (
  input: Input,
  settings: Settings,
  take: (batch: Batch) => Promise<void> | void,
  signal?: AbortSignal,
) => Promise<Summary>;

/** A small file that is in memory as it lies in its store, compressed or not. */
export type SmallFile = {
  readonly bytes: Uint8Array;
  /** As in `Input`. */
  readonly name?: string;
};

/** Where in a shared batch the spans of one file are: so many, from this one on. */
export type Share = { readonly file: number; readonly from: number; readonly spans: number; readonly summary: Summary };

/** A batch with the spans of several files in their order. All spans of a file are in one batch. */
export type SharedBatch = Batch & { readonly shares: readonly Share[] };

/** What became of one file among many. Unless it is `done`, no batch has a span of it. */
export type FileResult =
  | { readonly state: 'done'; readonly summary: Summary }
  /** It cannot be read to its end. */
  | { readonly state: 'failed'; readonly failure: Failure }
  /** Its spans do not fit into one batch: it is a matter for `Transcode`. */
  | { readonly state: 'large' };

/**
 * Transcodes many small files so that their spans share batches. A result for each file, by its number; `take` is awaited as by
 * `Transcode`. Rejects only where `take` or the signal does.
 */
export type TranscodeMany = (
  files: readonly SmallFile[],
  settings: Settings,
  take: (batch: SharedBatch) => Promise<void> | void,
  signal?: AbortSignal,
) => Promise<readonly FileResult[]>;

export const defaultSettings: Settings = { format: 'Auto', maxBatchBytes: 4 * 1024 * 1024, maxExpansionRatio: 200 };
