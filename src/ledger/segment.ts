import type { LedgerHead, LedgerSpec } from '../api/ingestionledger.ts';
import { CODEC, decode, encode, entriesWithin } from './codec.ts';
import { countOf, type Entries, failuresOf, noEntries } from './entries.ts';

/** One segment in memory. Number 0 is open and has a head; the others are sealed, and free when they are empty. */
export type Segment = { readonly number: number; readonly sequence: number; readonly entries: Entries; readonly head?: LedgerHead };

/** A segment as it lies in the API server, without the name of its source. */
export type SegmentSpec = Omit<LedgerSpec, 'sourceRef'>;

/** The open segment is written every few seconds, so it is small; sealed ones are written once and merged rarely. */
export const OPEN_ENTRIES = entriesWithin(16 * 1024);
export const SEALED_ENTRIES = entriesWithin(512 * 1024);

/** What the head of a new source says. */
export const newHead: LedgerHead = {
  expectedEntries: 0,
  completed: 0,
  failed: 0,
  totals: { files: 0, spans: 0, bytes: 0, rejectedSpans: 0, retries: 0 },
  forgiven: 0,
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
