import type { Socket } from 'node:net';

/** What one read of a socket takes at most. */
const SIZE = 64 * 1024;
const KEPT = 64;

const spare: ArrayBuffer[] = [];
/** What sockets were given. Anything else belongs to somebody else: the pool of Buffer, for one, is of the same size. */
const lent = new WeakSet<ArrayBuffer>();

function lend(): ArrayBuffer {
  const buffer = spare.pop() ?? (Buffer.allocUnsafeSlow(SIZE).buffer as ArrayBuffer);
  lent.add(buffer);
  return buffer;
}

/**
 * Sockets read into memory that is used again. By itself each read makes a buffer of its own, which waits for the collector outside of its heap: they
 * pile up to a hundred megabytes where bodies pass quickly.
 */
export const reading = {
  buffer: (): Uint8Array => new Uint8Array(lend()),
  callback(this: Socket, length: number, { buffer }: Uint8Array): boolean {
    return this.push(Buffer.from(buffer, 0, length));
  },
};

/** Whoever took a chunk of a body needs it no more, and nothing else lies in the memory of that read. */
export function giveBack({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && lent.delete(buffer) && !buffer.detached && spare.length < KEPT) spare.push(buffer);
}
