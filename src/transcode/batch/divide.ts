import { fields } from '../wire/fields.ts';
import { fieldOf, fieldSize } from '../wire/writer.ts';
import { RESOURCE_SPANS_TAG, SCOPE_SPANS_TAG, SPAN_TAG } from './boxes.ts';

/** A part of a request, which is a request itself, and how many spans it has. */
export type Part = { readonly body: Uint8Array; readonly spans: number };

/** A message taken apart: the fields in it that are to be divided, and what stands before and behind them. */
type Apart = { readonly before: Uint8Array[]; readonly items: Uint8Array[]; readonly behind: Uint8Array[]; readonly around: number };

/** A message in the making: what is around its items, those it has, and how many bytes they take. */
type Making = Pick<Apart, 'before' | 'behind' | 'around'> & { items: Uint8Array[]; size: number };

/** What a request was divided into, and whether the last part has spans of the last scope. */
type Divided = { readonly parts: Part[]; readonly dropped: number; readonly hasLastScope: boolean };

/**
 * Divides an encoded request into requests that are not larger than `limit`, with as many spans as fit, in order, and their headers. The
 * first one may have less room, and then be empty. Spans that fit into none are `dropped`.
 */
export function divide(request: Uint8Array, limit: number, roomInFirst = limit): Divided {
  const parts: Part[] = [];
  let room = roomInFirst;
  let dropped = 0;
  let spans = 0;
  let hasLastScope = false;
  const whole = making();
  for (const groupField of apart(request, RESOURCE_SPANS_TAG).items) {
    const outer = apart(contentOf(groupField), SCOPE_SPANS_TAG);
    const group = making(outer);
    for (const scopeField of outer.items) {
      const inner = apart(contentOf(scopeField), SPAN_TAG);
      const scope = making(inner);
      const sizeWith = (span: Uint8Array): number =>
        whole.size + fieldSize(group.around + group.size + fieldSize(scope.around + scope.size + span.length));
      for (const span of inner.items) {
        if (sizeWith(span) > room && (spans > 0 || room < limit)) {
          enclose(scope, SCOPE_SPANS_TAG, group);
          enclose(group, RESOURCE_SPANS_TAG, whole);
          parts.push({ body: bytesOf(whole), spans });
          spans = 0;
          room = limit;
        }
        if (sizeWith(span) > room) dropped++;
        else {
          add(scope, span);
          spans++;
        }
      }
      hasLastScope = scope.items.length > 0;
      enclose(scope, SCOPE_SPANS_TAG, group);
    }
    enclose(group, RESOURCE_SPANS_TAG, whole);
  }
  if (spans > 0) parts.push({ body: bytesOf(whole), spans });
  return { parts, dropped, hasLastScope };
}

const making = ({ before, behind, around }: Omit<Apart, 'items'> = { before: [], behind: [], around: 0 }): Making => ({
  before,
  behind,
  around,
  items: [],
  size: 0,
});

function add(to: Making, item: Uint8Array): void {
  to.items.push(item);
  to.size += item.length;
}

/** Makes what has items a field of another message. */
function enclose(made: Making, tag: number, to: Making): void {
  if (made.items.length > 0) add(to, fieldOf(tag, bytesOf(made)));
}

/** What was made, which begins anew. */
function bytesOf(made: Making): Uint8Array {
  const bytes = Buffer.concat([...made.before, ...made.items, ...made.behind]);
  made.items = [];
  made.size = 0;
  return bytes;
}

function apart(message: Uint8Array, tag: number): Apart {
  const [before, items, behind]: [Uint8Array[], Uint8Array[], Uint8Array[]] = [[], [], []];
  let around = 0;
  for (const { start, to } of fields(message)) {
    const field = message.subarray(start, to);
    if (field[0] === tag) items.push(field);
    else {
      (items.length === 0 ? before : behind).push(field);
      around += field.length;
    }
  }
  return { before, items, behind, around };
}

function contentOf(field: Uint8Array): Uint8Array {
  for (const { from, to } of fields(field)) return field.subarray(from, to);
  return field;
}
