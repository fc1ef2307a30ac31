import { type Failure, failureOf } from '../api/failure.ts';
import type { LedgerHead } from '../api/ingestionledger.ts';
import { type Memory, memoryOf } from './memory.ts';
import { forgiven } from './seal.ts';
import { emptySegment, fromSpec, newHead, type Segment, type SegmentSpec } from './segment.ts';

/** What was read: segment by segment, and all of it united. */
export type Read = { readonly head: LedgerHead; readonly segments: readonly Segment[]; readonly memory: Memory };

export type Checked = ({ readonly ok: true } & Read) | { readonly ok: false; readonly failure: Failure };

/**
 * Is all of the memory there? `seen` is how many segments the source's own status remembers: a source that had a memory and
 * has none is not a new source.
 */
export function check(specs: readonly SegmentSpec[], seen: number): Checked {
  const missing = missingNumbers(specs, seen);
  if (missing.length > 0) return incomplete(`segment ${missing.join(', ')} of ${Math.max(seen, specs.length + missing.length)} is missing`);
  const read = readAll(specs);
  if (!read.ok) return read;
  const head = read.segments.find((each) => each.number === 0)?.head ?? newHead;
  const memory = united(read.segments, head.forgiven);
  const there = memory.counts().entries;
  if (there < head.expectedEntries) return incomplete(`${head.expectedEntries} entries are expected and ${there} are there`);
  return { ok: true, head, segments: read.segments, memory };
}

/** `holes`: segments that have to be written empty, because they are missing or cannot be read. */
export type Accepted = Read & { readonly holes: readonly Segment[] };

/** Goes on with what can be read, because somebody said so: holes become free segments, and the numbers are counted anew. */
export function accept(specs: readonly SegmentSpec[]): Accepted {
  const segments = specs.flatMap((spec) => {
    const read = readAll([spec]);
    return read.ok ? read.segments : [];
  });
  const head = segments.find((each) => each.number === 0)?.head ?? newHead;
  const last = Math.max(0, ...specs.map((spec) => spec.number));
  const sequence = Math.max(0, ...specs.map((spec) => spec.sequence));
  const holes = Array.from({ length: last + 1 }, (_, number) => number)
    .filter((number) => !segments.some((each) => each.number === number))
    .map((number) => emptySegment(number, sequence));
  const memory = united(segments, head.forgiven);
  return {
    head: { ...head, expectedEntries: memory.counts().entries },
    memory,
    segments: [...segments, ...holes],
    // The head is written in any case.
    holes: holes.filter(({ number }) => number > 0),
  };
}

const incomplete = (message: string): Checked => ({ ok: false, failure: { reason: 'LedgerIncomplete', message } });

function missingNumbers(specs: readonly SegmentSpec[], seen: number): readonly number[] {
  const numbers = new Set(specs.map((spec) => spec.number));
  const expected = Math.max(seen - 1, ...specs.map((spec) => spec.number), -1);
  return Array.from({ length: expected + 1 }, (_, number) => number).filter((number) => !numbers.has(number));
}

function readAll(specs: readonly SegmentSpec[]): { ok: true; segments: readonly Segment[] } | { ok: false; failure: Failure } {
  try {
    return { ok: true, segments: specs.map(fromSpec) };
  } catch (thrown) {
    return { ok: false, failure: failureOf(thrown) };
  }
}

/** All entries, the oldest first, so that the newest outcome of a file counts. */
const united = (segments: readonly Segment[], forgivenUpTo: number): Memory =>
  memoryOf(segments.toSorted((a, b) => a.sequence - b.sequence).map((each) => forgiven(each, forgivenUpTo).entries));
