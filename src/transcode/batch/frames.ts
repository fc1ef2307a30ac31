import type { Arena } from '../kernel.ts';
import { fields } from '../wire/fields.ts';
import { putVarint, varintSize } from '../wire/writer.ts';
import { type Header, headerSize } from './headers.ts';

/** A ResourceSpans or ScopeSpans that is open: where its field begins, and how many bytes are kept there before its content. */
export type Frame = { readonly header: Header; readonly at: number; readonly kept: number };

export const RESOURCE_SPANS = 0x0a;
export const SCOPE_SPANS = 0x12;

/** Bytes in their place, so many of them. */
export type Laid = Pick<Arena, 'bytes' | 'length'>;

/** Opens a frame at the end of what is laid, and keeps the room that its beginning will probably take. */
export function open(laid: Laid, header: Header, width: number): Frame {
  const at = laid.length;
  const wanted = 1 + width + header.head.length;
  // A header that large leaves no room for a span.
  const kept = at + wanted <= laid.bytes.length ? wanted : 0;
  laid.length += kept;
  return { header, at, kept };
}

/** Opens the last frame from there on again: what stands behind its content is taken off. */
export function reopen(laid: Laid, header: Header, from: number): Frame {
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

/** Closes the frame that what is laid ends with; returns how many bytes its length took. Without content nothing is left of it. */
export function close(laid: Laid, { header, at, kept }: Frame, tag: number): number {
  const { bytes } = laid;
  const content = laid.length - at - kept;
  if (content === 0) {
    laid.length = at;
    return 0;
  }
  const size = headerSize(header) + content;
  const width = varintSize(size);
  const begin = at + 1 + width + header.head.length;
  if (begin !== at + kept) bytes.copyWithin(begin, at + kept, laid.length);
  bytes[at] = tag;
  bytes.set(header.head, putVarint(bytes, at + 1, size));
  laid.length = begin + content;
  append(laid, header.url);
  append(laid, header.extra);
  return width;
}

function append(laid: Laid, field: Uint8Array): void {
  if (field.length === 0) return;
  laid.bytes.set(field, laid.length);
  laid.length += field.length;
}
