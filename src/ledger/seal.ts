import { countOf, type Entries, merged, noEntries, without, withoutFailures } from './entries.ts';
import { emptySegment, OPEN_ENTRIES, SEALED_ENTRIES, type Segment } from './segment.ts';

/** Writes that empty the open segment, to be done in this order: first the new one, then the head, then the ones it made free. */
export type Seal = { readonly sealed: Segment; readonly freed: readonly Segment[] };

/** So many segments of one size become one of the next size: each entry is written about once per size. */
const FAN_IN = 4;

const tierOf = (count: number): number => Math.max(0, Math.floor(Math.log(count / OPEN_ENTRIES) / Math.log(FAN_IN)));

/**
 * Moves what is open into a sealed segment, together with its likes in size. Nothing is ever only in one object that a crash
 * could leave half done: what is there twice counts once, and of two outcomes that of the higher sequence.
 */
export function seal(open: Segment, others: readonly Segment[], forgivenBefore: number): Seal {
  const absorbed = toAbsorb(open, others);
  const staying = others.filter((each) => !absorbed.includes(each));
  const entries = [...absorbed, open]
    .sort((a, b) => a.sequence - b.sequence)
    .map((each) => notKnownBetter(forgiven(each, forgivenBefore), staying))
    .reduce(merged, noEntries);
  const number = absorbed[0]?.number ?? freeNumber(others);
  return {
    sealed: { number, sequence: open.sequence, entries },
    freed: absorbed.slice(1).map((each) => emptySegment(each.number, open.sequence)),
  };
}

/**
 * What is absorbed rises to the sequence of the new segment. An entry that a newer segment has as well, one that is too large to
 * be absorbed along, would rise above it and bring an old outcome back.
 */
const notKnownBetter = ({ sequence, entries }: Segment, staying: readonly Segment[]): Entries =>
  staying.filter((each) => each.sequence > sequence).reduce((left, newer) => without(newer.entries, left), entries);

/** A segment without the failures that were forgiven since it was written. */
export function forgiven(segment: Segment, upTo: number): Segment {
  return segment.sequence <= upTo ? { ...segment, entries: withoutFailures(segment.entries) } : segment;
}

function toAbsorb(open: Segment, others: readonly Segment[]): readonly Segment[] {
  const absorbed: Segment[] = [];
  let size = countOf(open.entries);
  for (;;) {
    const tier = tierOf(size);
    const peers = others.filter((each) => countOf(each.entries) > 0 && !absorbed.includes(each) && tierOf(countOf(each.entries)) <= tier);
    const together = peers.reduce((sum, each) => sum + countOf(each.entries), size);
    if (peers.length < FAN_IN - 1 || together > SEALED_ENTRIES) return absorbed;
    absorbed.push(...peers);
    size = together;
  }
}

/** The number of a segment that is free, or of one more. */
export function freeNumber(others: readonly Segment[]): number {
  const free = others.find((each) => each.number > 0 && countOf(each.entries) === 0);
  return free?.number ?? Math.max(0, ...others.map((each) => each.number)) + 1;
}
