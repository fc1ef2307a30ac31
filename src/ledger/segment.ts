import { CODEC, decode, encode, entriesWithin } from './codec.ts';
import { countOf, type Entries, failuresOf, noEntries } from './entries.ts';

/** Sums over everything that was ever ferried for a source. */
export type Totals = { readonly spans: number; readonly bytes: number; readonly rejectedSpans: number; readonly retries: number };

/** The last token of each trigger that was acted upon. */
export type HandledTokens = Readonly<Partial<Record<'scan' | 'test' | 'retryFailed' | 'acceptLedger', string>>>;

/** What segment 0 knows beside its entries. It changes in the same write as the entries it counts. */
export type Head = {
  readonly totals: Totals;
  /** Distinct entries over all segments: fewer than these, and something is missing. */
  readonly entries: number;
  /** The highest number of a segment. */
  readonly segments: number;
  /** Failures in segments up to this sequence are forgiven. */
  readonly forgivenUpTo: number;
  /** What `since` or `latest` came to, RFC 3339, and the spec it was resolved for. */
  readonly modifiedAfter?: string;
  readonly modifiedFor?: string;
  readonly tokens: HandledTokens;
};

/** One segment in memory. Number 0 is open and has a head; the others are sealed, and free when they are empty. */
export type Segment = { readonly number: number; readonly sequence: number; readonly entries: Entries; readonly head?: Head };

/** A segment as it lies in the API server. */
export type SegmentSpec = {
  readonly number: number;
  readonly open: boolean;
  readonly codec: string;
  readonly sequence: number;
  readonly entries: number;
  readonly failures: number;
  readonly data: string;
  readonly head?: Head;
};

/** The open segment is written every few seconds, so it is small; sealed ones are written once and merged rarely. */
export const OPEN_ENTRIES = entriesWithin(16 * 1024);
export const SEALED_ENTRIES = entriesWithin(512 * 1024);

export const newHead: Head = {
  totals: { spans: 0, bytes: 0, rejectedSpans: 0, retries: 0 },
  entries: 0,
  segments: 0,
  forgivenUpTo: 0,
  tokens: {},
};

export const emptySegment = (number: number, sequence: number): Segment => ({ number, sequence, entries: noEntries });

/** For the API server. */
export function toSpec({ number, sequence, entries, head }: Segment): SegmentSpec {
  return {
    number,
    open: number === 0,
    codec: CODEC,
    sequence,
    entries: countOf(entries),
    failures: failuresOf(entries),
    data: encode(entries),
    ...(head && { head }),
  };
}

/** From the API server; throws `LedgerIncomplete` where it cannot be read. */
export function fromSpec({ number, codec, sequence, entries, data, head }: SegmentSpec): Segment {
  return { number, sequence, entries: decode(codec, entries, data), ...(head && { head }) };
}
