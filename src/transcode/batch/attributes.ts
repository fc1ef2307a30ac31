import { type Field, fields, newField, readField } from '../wire/fields.ts';
import { textOf } from '../wire/utf8.ts';

/** The string attributes with these keys of the Resource in an encoded field. */
export function attributesOf<K extends string>(head: Uint8Array, keys: readonly K[]): readonly (readonly [key: K, value: string])[] {
  const found: [K, string][] = [];
  const [message] = fields(head);
  if (!message) return found;
  const { to } = message;
  const attribute = newField();
  for (let at = message.from; at < to; ) {
    at = readField(head, at, to, attribute);
    if (at < 0) break;
    if (attribute.number !== 1 || attribute.wire !== 2) continue;
    const [key, value] = pairIn(head, attribute, keys);
    if (key !== undefined && value !== undefined) found.push([key, value]);
  }
  return found;
}

function pairIn<K extends string>(
  bytes: Uint8Array,
  { from, to }: Field,
  keys: readonly K[],
): readonly [key: K | undefined, value: string | undefined] {
  const part = newField();
  let key: K | undefined;
  let value: string | undefined;
  for (let at = from; at < to; ) {
    at = readField(bytes, at, to, part);
    if (at < 0) break;
    // Most keys are told apart by their length, without a text of them.
    if (part.number === 1) key = keys.find(({ length }) => length === part.to - part.from) && keyIn(bytes, part, keys);
    else if (part.number === 2 && part.wire === 2) value = stringIn(bytes.subarray(part.from, part.to));
    if (part.number === 1 && key === undefined) return [undefined, undefined];
  }
  return [key, value];
}

const keyIn = <K extends string>(bytes: Uint8Array, { from, to }: Field, keys: readonly K[]): K | undefined => {
  const text = textOf(bytes.subarray(from, to));
  return keys.find((key) => key === text);
};

function stringIn(value: Uint8Array): string | undefined {
  for (const field of fields(value)) if (field.number === 1 && field.wire === 2) return textOf(value.subarray(field.from, field.to));
  return undefined;
}
