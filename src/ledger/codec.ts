import { fail } from '../api/failure.ts';
import { countOf, type Entries } from './entries.ts';

/** The one way segments are written today. A name that a later operator writes and this one does not know stops the source, never its memory. */
export const CODEC = 'sorted96';

/** Twelve bytes an entry and one bit for its outcome. */
const bytesOf = (count: number): number => 12 * count + Math.ceil(count / 8);

/** How many entries fit into `bytes`. */
export const entriesWithin = (bytes: number): number => Math.floor((8 * bytes) / 97);

/** Entries as text for an object in the API server. */
export function encode(entries: Entries): string {
  const count = countOf(entries);
  const bytes = Buffer.alloc(bytesOf(count));
  const { words, failed } = entries;
  for (let at = 0; at < words.length; at++) bytes.writeUInt32BE(words[at] as number, 4 * at);
  for (let at = 0; at < count; at++) {
    if (failed[at] === 1) bytes[12 * count + (at >> 3)]! |= 1 << (at & 7);
  }
  return bytes.toString('base64');
}

/** Reads what `encode` wrote; anything that does not fit its number of entries is damage. */
export function decode(codec: string, count: number, data: string): Entries {
  if (codec !== CODEC) fail('LedgerIncomplete', `a segment is written in "${codec}", which this version of the operator cannot read`);
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length !== bytesOf(count)) {
    fail('LedgerIncomplete', `a segment should hold ${count} entries in ${bytesOf(count)} bytes, but has ${bytes.length} bytes`);
  }
  // Plain loops: a new leader decodes millions of entries on the thread that renews its Lease.
  const words = new Uint32Array(3 * count);
  for (let at = 0; at < words.length; at++) words[at] = bytes.readUInt32BE(4 * at);
  const failed = new Uint8Array(count);
  for (let at = 0; at < count; at++) failed[at] = ((bytes[12 * count + (at >> 3)] as number) >> (at & 7)) & 1;
  return { words, failed };
}
