import { isUtf8 } from 'node:buffer';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** The same bytes where they are valid UTF-8, else a copy with U+FFFD in place of what is not. */
export function repairUtf8(bytes: Uint8Array): Uint8Array {
  return isUtf8(bytes) ? bytes : encoder.encode(decoder.decode(bytes));
}

/** Text of a piece of a file, for people and for names. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

/** The UTF-8 of a text of our own. */
export const bytesOf = (text: string): Uint8Array => encoder.encode(text);
