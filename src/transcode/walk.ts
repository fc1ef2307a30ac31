import type { Header } from './batch/headers.ts';
import type { Pending } from './batch/pending.ts';
import type { Tally } from './batch/tally.ts';
import type { FastKernel, SpanSink, Window } from './kernel.ts';

/** A window and where a walk stands in it; whoever moves the window moves the place. */
export type Stretch = { readonly window: Window; readonly place: { at: number }; readonly warn: (message: string, offset: number) => void };

/**
 * What a walk asks of whoever drives it; in between it waits for nothing.
 * - `fill`: more of the file, keeping what is at and behind `place.at`. The answer is false where the window cannot hold more.
 * - `batch`: a batch is full. Where headers had made it too large, as many are closed as it takes until the rest fits.
 * - a look ahead: walk over a second view of the file from where the walk stands.
 */
type Step = 'fill' | 'batch' | LookAhead;

export type LookAhead = { readonly over: (stretch: Stretch) => Walk };

export type Walk<T = void> = Generator<Step, T, boolean>;

/** All of a document but its spans: the text before and behind the one array of them, and what it meant. */
export type Frame = {
  readonly before: Uint8Array;
  readonly behind: Uint8Array;
  readonly resource: Header;
  readonly scope: Header;
};

/** What small files of one writer have in common, from one to the next. */
export type Known = {
  frame?: Frame;
  /** Files of that frame whose spans the fast kernel declined. */
  declined: number;
  /** What the kernel tells of the file at hand: made once for all of them. */
  sink?: SpanSink & { tally: Tally };
};

/** What a walk over a file works with. */
export type Job = Stretch & {
  readonly pending: Pending;
  readonly tally: Tally;
  /** Where many files are transcoded together. */
  readonly known?: Known;
  readonly fast?: FastKernel;
  readonly maxBatchBytes: number;
  /** Last resort for a service name. */
  readonly name?: string;
};

/** The ResourceSpans at hand. `ahead` holds what a look ahead has found of its scopes, by where their objects begin. */
export type Group = { header: Header; readonly ahead: Map<number, Header>; spansBefore: number };

/** What is around the spans at hand, so many envelopes deep. Where a seam is passed, it is what is around the next ones from then on. */
export type Around = {
  readonly group: Group;
  readonly depth: number;
  scope: Header;
  /** Where in the file the object of the scope begins; nothing is known of that behind a seam. */
  scopeAt: number | undefined;
};
