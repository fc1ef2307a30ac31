import type { Window } from '../kernel.ts';
import { type Field, readField } from '../wire/fields.ts';

const SCHEMA_URL = 3;
const GROUP_FIELDS = [1, 2, 3, 1000];

/**
 * Whether a file that begins with 0x0a is protobuf; a line feed is the same byte. Its messages are walked to the end of what is in
 * the window. `doubtful`: behind white space it might be JSON as well, so resources and scopes must look right, too,
 * and the file must not end in the middle.
 */
export function isProtobuf(window: Window, doubtful: boolean): boolean {
  const cut = !doubtful || !window.ended || window.fault !== undefined;
  return walkable(window.bytes, 0, window.end, cut, [1], (from, to, cut) =>
    walkable(window.bytes, from, to, cut, GROUP_FIELDS, (inner, end, innerCut, number) =>
      doubtful && number !== SCHEMA_URL ? walkable(window.bytes, inner, end, innerCut, [1, 2, 3], () => true) : true,
    ),
  );
}

type Inner = (from: number, to: number, cut: boolean, number: number) => boolean;

/** Whether these bytes are fields, one of the expected at least, up to their end or, where they are cut, as far as they go. */
function walkable(bytes: Uint8Array, from: number, to: number, cut: boolean, expected: readonly number[], inner: Inner): boolean {
  const field: Field = { number: 0, wire: 0, start: 0, from: 0, to: 0 };
  let found = from === to;
  for (let at = from; at < to; ) {
    field.to = -1;
    const end = readField(bytes, at, to, field);
    if (end === -1) return false;
    const known = expected.includes(field.number) && field.wire === 2;
    found ||= known;
    if (end === -2) return cut && found && (!known || field.to < 0 || inner(field.from, to, true, field.number));
    if (known && !inner(field.from, field.to, false, field.number)) return false;
    at = end;
  }
  return found;
}
