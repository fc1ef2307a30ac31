import { countOf, merged, noEntries, without, withoutFailures } from './entries.ts';
import { emptySegment, OPEN_ENTRIES, SEALED_ENTRIES, type Segment } from './segment.ts';

/** Writes that empty the open segment, to be done in this order: first the new one, then the head, then the ones it made free. */
export type Seal = { readonly sealed: Segment; readonly freed: readonly Segment[] };

/** So many segments of one size become one of the next size: each entry is written about once per size. */
const FAN_IN = 4;

/** Never absorbed again: four of its size would not fit into one segment. */
export const isFull = ({ entries }: Segment): boolean => FAN_IN * countOf(entries) > SEALED_ENTRIES;

const tierOf = (count: number): number => Math.max(0, Math.floor(Math.log(count / OPEN_ENTRIES) / Math.log(FAN_IN)));

/**
 * Moves what is open into a sealed segment, together with its likes in size. Nothing is ever only in one object that a crash
 * could leave half done: what is there twice counts once, and of two outcomes that of the higher sequence. `others` are the sealed ones that
 * are not full, and `last` is the highest number in use.
 */
export function seal(open: Segment, others: readonly Segment[], last: number, forgivenBefore: number): Seal {
  const absorbed = toAbsorb(open, others);
  const staying = others.filter((each) => !absorbed.includes(each));
  const entries = [...absorbed, open]
    .sort((a, b) => a.sequence - b.sequence)
    .map((each) => withoutKnownBetter(forgiven(each, forgivenBefore), staying).entries)
    .reduce(merged, noEntries);
  const number = absorbed[0]?.number ?? freeNumber(others, last);
  return {
    sealed: { number, sequence: open.sequence, entries },
    freed: absorbed.slice(1).map((each) => emptySegment(each.number, open.sequence)),
  };
}

/**
 * What is absorbed rises to the sequence of the new segment. An entry that a newer segment has as well, one that is not absorbed along, would
 * rise above it and bring an old outcome back.
 */
export function withoutKnownBetter(segment: Segment, staying: readonly Segment[]): Segment {
  const newer = staying.filter((each) => each.sequence > segment.sequence);
  return { ...segment, entries: newer.reduce((left, { entries }) => without(entries, left), segment.entries) };
}

/** A segment without the failures that were forgiven since it was written. */
export function forgiven(segment: Segment, upTo: number): Segment {
  return segment.sequence <= upTo ? { ...segment, entries: withoutFailures(segment.entries) } : segment;
}

function toAbsorb(open: Segment, others: readonly Segment[]): readonly Segment[] {
  const absorbed: Segment[] = [];
  for (let size = countOf(open.entries); ; ) {
    const tier = tierOf(size);
    const peers = others
      .filter((each) => countOf(each.entries) > 0 && !isFull(each) && !absorbed.includes(each) && tierOf(countOf(each.entries)) <= tier)
      .sort((a, b) => countOf(a.entries) - countOf(b.entries));
    const fitting: Segment[] = [];
    for (const peer of peers) {
      if (size + countOf(peer.entries) > SEALED_ENTRIES) break;
      size += countOf(peer.entries);
      fitting.push(peer);
    }
    if (fitting.length < FAN_IN - 1) return absorbed;
    absorbed.push(...fitting);
  }
}

/** The number of a segment that is free, or of one more. `last` is the highest in use. */
export function freeNumber(others: readonly Segment[], last: number): number {
  const free = others.find((each) => countOf(each.entries) === 0);
  return free?.number ?? last + 1;
}
