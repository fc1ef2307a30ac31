import type { Failure } from '../api/failure.ts';

/**
 * The seam between the walker, which knows the envelope of an OTLP JSON file, and the kernels, which turn the objects in it into
 * protobuf. There are two: the lenient one in TypeScript reads everything that can be read; the fast one in WebAssembly is asked
 * first and declines what is unusual. Both must give the same bytes' meaning for whatever both accept.
 */

/** A stretch of the decompressed file. A position in it (`at`) is an index into `bytes`; it is valid until the next refill. */
export type Window = {
  /** Only `bytes[0, end)` is content. The array may be replaced by a larger one when an element does not fit. */
  bytes: Uint8Array;
  end: number;
  /** Where `bytes[0]` stands in the decompressed file. */
  offset: number;
  /** Nothing follows `bytes[end - 1]`. */
  ended: boolean;
  /** Why nothing follows, where that is not the end of the file: damaged compression, for one. */
  fault?: Failure;
};

/** Where the batch at hand is laid out. A span is a `ScopeSpans.spans` field: tag 0x12 + length + message. */
export type Arena = {
  bytes: Uint8Array;
  /** Bytes in use; the next span is written here. */
  length: number;
  /** A span may only stay if `length` is not above this afterwards; otherwise the kernel stops as `full`. Never above `bytes.length`. */
  limit: number;
};

/** The text between two arrays of spans, from behind the one to the first span of the other, where a file repeats itself. */
export type Seam = {
  readonly text: Uint8Array;
  /** What stands around the spans of each array, as encoded fields. */
  readonly resource: Sides;
  readonly scope: Sides;
};

/** The fields before and behind what a ResourceSpans or a scope is about. */
export type Sides = { readonly before: Uint8Array; readonly behind: Uint8Array };

/** Longer seams are walked, and those with longer headers. */
export const LONGEST_SEAM = 8192;

/** What the array at hand may be left over, and what of the arena that takes: where its ResourceSpans and its spans begin. */
export type Leap = { readonly seam: Seam; readonly at: number; readonly spansAt: number; readonly limit: number };

/**
 * So many arrays were finished and left over a seam, with so many spans. Their ResourceSpans are closed in the arena, and one is open for
 * the array at hand: it begins at `at`, with so many bytes kept there for the beginning of itself and of its scope.
 */
export type Leapt = {
  readonly arrays: number;
  readonly spans: number;
  readonly at: number;
  readonly resourceKept: number;
  readonly scopeKept: number;
};

/** What a kernel tells about the spans it appends. Nothing may be told about a span that is not kept. */
export type SpanSink = {
  readonly arena: Arena;
  /** So many spans were appended. */
  readonly count: (spans: number) => void;
  /** The smallest start and the largest end among them, each as two unsigned 32-bit halves. Called once per run or once per span. */
  readonly times: (firstHigh: number, firstLow: number, lastHigh: number, lastLow: number) => void;
  /** So many trace ids as four words each, as they lie in memory. A repeat of the id before may be left out. */
  readonly traces: (ids: Uint32Array, count: number) => void;
  /** Only the fast kernel leaps. It is read anew after each `leapt`, like the limit of the arena. */
  readonly leap?: Leap | undefined;
  /** What is counted from now on is in the array at hand. */
  readonly leapt: (leapt: Leapt) => void;
  /** A span is left out for good; `at` is where its object begins. Only the lenient kernel rejects, the fast one declines. */
  readonly reject: (failure: Failure, at: number) => void;
  /** Something a person may want to know. Only the lenient kernel warns. */
  readonly warn: (message: string, at: number) => void;
};

/**
 * Where a kernel stopped in an array of spans, and why. Behind a seam it may stop as `full` before the limit is reached.
 * - `end`: the array's `]` is consumed; `at` is behind it.
 * - `separator`: an element is done and `,` or `]` was not looked at yet (or is not in the window); `at` is behind the element.
 * - `more`: the element that begins at `at` is not complete in the window (and the window has not `ended`).
 * - `declined`: the element that begins at `at` is for the lenient kernel; nothing of it is written.
 * - `full`: the element that begins at `at` does not fit below the arena's limit any more; nothing of it is written.
 */
export type SpanRun = { readonly why: 'end' | 'separator' | 'more' | 'declined' | 'full'; readonly at: number };

/** A header of the envelope as the bytes of its message (a copy), and the position behind it. */
export type HeaderRun =
  | { readonly why: 'done'; readonly at: number; readonly message: Uint8Array }
  | { readonly why: 'more' }
  | { readonly why: 'declined' };

export type HeaderKind = 'resource' | 'scope';

export type SpanKernel = {
  /** Transcodes as many consecutive elements as it can. `at` is on the first byte of an element (never on white space, `,` or `]`). */
  readonly spans: (window: Window, at: number, out: SpanSink) => SpanRun;
  /** Transcodes the object that begins at `at`, a Resource or an InstrumentationScope. */
  readonly header: (window: Window, at: number, kind: HeaderKind) => HeaderRun;
};

export type FastKernel = SpanKernel & {
  /** Whether a text, not longer than a seam, stands there. It keeps the two that it was asked for last. */
  readonly stands: (window: Window, at: number, text: Uint8Array) => boolean;
};

/** The two buffers a transcoding works in. The fast kernel keeps both in its own memory, so that nothing is copied in or out. */
export type Buffers = {
  /** Read anew after each `growWindow`: growing may replace both. */
  readonly window: () => Uint8Array;
  /** Read anew when a batch was taken, too. */
  readonly arena: () => Uint8Array;
  /** Gives the arena away as the body of a batch, where there is another one to go on in; the result brings it back. */
  readonly lend?: () => (() => void) | undefined;
  /** A body has not come back yet. */
  readonly isLent?: () => boolean;
  /** Makes the window at least this large and keeps its content. */
  readonly growWindow: (size: number) => void;
};

/** What one transcoding at a time works with. `fast` is absent where there is no WebAssembly SIMD. */
export type Engine = { readonly buffers: Buffers; readonly fast?: FastKernel };

/** Makes an engine for batches of this size. Engines are kept and used again, one transcoding at a time. */
export type CreateEngine = (sizes: { readonly window: number; readonly arena: number }) => Engine;
