import { fields } from '../wire/fields.ts';
import { textOf } from '../wire/utf8.ts';

/** The string attributes of the Resource in an encoded field. */
export function attributesOf(head: Uint8Array): readonly (readonly [key: string, value: string])[] {
  const found: [string, string][] = [];
  const [message] = fields(head);
  if (!message) return found;
  const resource = head.subarray(message.from, message.to);
  for (const attribute of fields(resource)) {
    if (attribute.number !== 1 || attribute.wire !== 2) continue;
    let key = '';
    let value: string | undefined;
    for (const part of fields(resource.subarray(attribute.from, attribute.to))) {
      const content = resource.subarray(attribute.from + part.from, attribute.from + part.to);
      if (part.number === 1) key = textOf(content);
      else if (part.number === 2) value = stringIn(content);
    }
    if (value !== undefined) found.push([key, value]);
  }
  return found;
}

function stringIn(value: Uint8Array): string | undefined {
  for (const field of fields(value)) if (field.number === 1 && field.wire === 2) return textOf(value.subarray(field.from, field.to));
  return undefined;
}
