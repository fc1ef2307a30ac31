import { endianness } from 'node:os';
import { fail } from '../api/failure.ts';
import { bitBytes, type Entries } from './entries.ts';

/** The one way segments are written today. A name that a later operator writes and this one does not know stops the source, never its memory. */
export const CODEC = 'sorted96';

/** Twelve bytes an entry and one bit for its outcome. */
const bytesOf = (count: number): number => 12 * count + bitBytes(count);

/** How many entries fit into `bytes`. */
export const entriesWithin = (bytes: number): number => Math.floor((8 * bytes) / 97);

/** Entries as text for an object in the API server: the words in the order of the network, then the bits. */
export function encode({ words, failed }: Entries): string {
  const bytes = Buffer.concat([Buffer.from(words.buffer), failed]);
  inNetworkOrder(bytes.subarray(0, 4 * words.length));
  return bytes.toString('base64');
}

/** Reads what `encode` wrote; anything that does not fit its number of entries is damage. */
export function decode(codec: string, count: number, data: string): Entries {
  if (codec !== CODEC) fail('LedgerIncomplete', `a segment is written in "${codec}", which this version of the operator cannot read`);
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length !== bytesOf(count)) {
    fail('LedgerIncomplete', `a segment should hold ${count} entries in ${bytesOf(count)} bytes, but has ${bytes.length} bytes`);
  }
  const words = new Uint8Array(bytes.subarray(0, 12 * count));
  inNetworkOrder(Buffer.from(words.buffer));
  return { words: new Uint32Array(words.buffer), failed: new Uint8Array(bytes.subarray(12 * count)) };
}

/** Turns words as this machine has them into words in the order of the network, and back. */
function inNetworkOrder(bytes: Buffer): void {
  if (endianness() === 'LE') bytes.swap32();
}
