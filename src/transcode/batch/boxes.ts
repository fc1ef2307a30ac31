import { LONGEST_SEAM } from '../kernel.ts';
import { fields } from '../wire/fields.ts';
import { putVarint, varintSize } from '../wire/writer.ts';
import { type Header, headerSize } from './headers.ts';

/** A ResourceSpans or ScopeSpans in the making: where its field begins, and how many bytes are kept there before what is in it. */
export type Box = { readonly header: Header; readonly at: number; readonly kept: number };

/** How much the length and the head of a box took last: the next one is much like it. */
export type Habit = { width: number; head: number };

export const newHabit = (): Habit => ({ width: 3, head: 0 });

/** Bytes in their place, so many of them. */
export type Laid = { readonly bytes: Uint8Array; length: number };

/** The field of a request that a ResourceSpans is. */
export const RESOURCE_SPANS_TAG = 0x0a;
/** The field of a ResourceSpans that its scope is. */
export const SCOPE_SPANS_TAG = 0x12;
/** The field of a scope that a span is. */
export const SPAN_TAG = 0x12;

/**
 * For longer heads no room is kept: content is moved for them. Room that turns out to be too much may lie beyond the limit of a batch,
 * where an arena has little (ARENA_SLACK). The kernel keeps no more behind a seam.
 */
const LONGEST_KEPT = LONGEST_SEAM;

/** Opens a box behind what is laid, and keeps the room that its beginning will probably take. */
export function openBox(laid: Laid, header: Header, habit: Habit): Box {
  const at = laid.length;
  const head = header.hasHead ? header.head.length : habit.head;
  const kept = 1 + habit.width + (head > LONGEST_KEPT ? 0 : head);
  laid.length += kept;
  return { header, at, kept };
}

/** Opens the last box from there on again: what stands behind its content is taken off. */
export function reopenBox(laid: Laid, header: Header, from: number): Box {
  let at = 0;
  let inside = 0;
  for (const field of fields(laid.bytes.subarray(from, laid.length))) {
    at = from + field.start;
    inside = from + field.from;
  }
  let content: number | undefined;
  let end = inside;
  for (const { number, wire, start, to } of fields(laid.bytes.subarray(inside, laid.length))) {
    if (number !== 2 || wire !== 2) continue;
    content ??= inside + start;
    end = inside + to;
  }
  laid.length = end;
  return { header, at, kept: (content ?? end) - at };
}

/** Closes the box that what is laid ends with. Says whether anything is in it: otherwise nothing is left of it. */
export function closeBox(laid: Laid, { header, at, kept }: Box, tag: number, habit: Habit): boolean {
  const { bytes } = laid;
  const content = laid.length - at - kept;
  if (content === 0) {
    laid.length = at;
    return false;
  }
  const size = headerSize(header) + content;
  habit.width = varintSize(size);
  habit.head = header.head.length;
  const begin = at + 1 + habit.width + habit.head;
  if (begin !== at + kept) bytes.copyWithin(begin, at + kept, laid.length);
  bytes[at] = tag;
  bytes.set(header.head, putVarint(bytes, at + 1, size));
  laid.length = begin + content;
  append(laid, header.url);
  append(laid, header.extra);
  return true;
}

function append(laid: Laid, field: Uint8Array): void {
  if (field.length === 0) return;
  laid.bytes.set(field, laid.length);
  laid.length += field.length;
}
