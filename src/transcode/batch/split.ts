import { fields } from '../wire/fields.ts';
import { contentIn, fieldSize, putVarint } from '../wire/writer.ts';

/** As many spans as fit, in order, and the others. Both carry the headers of what they hold. */
export type Split = { readonly first: Uint8Array; readonly spans: number; readonly rest: Uint8Array };

/** From the request down to the spans: the field of what is inside, and of what is beside that nothing is said. */
const LEVELS = [1, 2, 2];
const SPANS = LEVELS.length - 1;

/** A message taken apart: what is to be divided, as whole fields and as their content, and what stands before and behind. */
type Apart = {
  readonly before: Uint8Array[];
  readonly items: { readonly field: Uint8Array; readonly content: Uint8Array }[];
  readonly behind: Uint8Array[];
};

/**
 * Divides an encoded request so that the first part is not larger than `limit`. Without spans in it the first span of all fits nowhere
 * and is left out of both.
 */
export function split(request: Uint8Array, limit: number): Split {
  const { first, spans, rest } = divide(request, 0, limit);
  return spans > 0 ? { first, spans, rest } : { first, spans, rest: withoutFirst(request, 0) };
}

function divide(message: Uint8Array, level: number, limit: number): Split {
  const { before, items, behind } = apart(message, level);
  const taken: Uint8Array[] = [];
  const left = items.map(({ field }) => field);
  let room = limit - sizeOf(before) - sizeOf(behind);
  let spans = 0;
  for (const { field, content } of items) {
    if (field.length <= room) {
      taken.push(field);
      left.shift();
      room -= field.length;
      spans += spansIn(content, level);
      continue;
    }
    const part = level < SPANS ? divide(content, level + 1, contentIn(room)) : undefined;
    if (part && part.spans > 0) {
      taken.push(fieldOf(level, part.first));
      left[0] = fieldOf(level, part.rest);
      spans += part.spans;
    }
    break;
  }
  const around = (inside: Uint8Array[]) => (inside.length === 0 ? new Uint8Array(0) : Buffer.concat([...before, ...inside, ...behind]));
  return { first: around(taken), spans, rest: around(left) };
}

/** The message without the first span in it; without spans nothing is left. */
function withoutFirst(message: Uint8Array, level: number): Uint8Array {
  const { before, items, behind } = apart(message, level);
  const [first, ...others] = items;
  const remains = first && level < SPANS ? withoutFirst(first.content, level + 1) : new Uint8Array(0);
  const left = [...(remains.length > 0 ? [fieldOf(level, remains)] : []), ...others.map(({ field }) => field)];
  return left.length === 0 ? new Uint8Array(0) : Buffer.concat([...before, ...left, ...behind]);
}

function apart(message: Uint8Array, level: number): Apart {
  const parts: Apart = { before: [], items: [], behind: [] };
  let start = 0;
  for (const { number, wire, from, to } of fields(message)) {
    const field = message.subarray(start, to);
    start = to;
    if (number === LEVELS[level] && wire === 2) parts.items.push({ field, content: message.subarray(from, to) });
    else (parts.items.length === 0 ? parts.before : parts.behind).push(field);
  }
  return parts;
}

const spansIn = (content: Uint8Array, level: number): number =>
  level === SPANS ? 1 : apart(content, level + 1).items.reduce((sum, item) => sum + spansIn(item.content, level + 1), 0);

const sizeOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

function fieldOf(level: number, content: Uint8Array): Uint8Array {
  const field = new Uint8Array(fieldSize(content.length));
  field[0] = ((LEVELS[level] as number) << 3) | 2;
  field.set(content, putVarint(field, 1, content.length));
  return field;
}
