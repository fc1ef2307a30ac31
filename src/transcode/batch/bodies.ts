/** Buffers kept for the next bodies, per thread: one in the making, and those on their way. */
const KEPT = 4;
const SMALLEST = 64 * 1024;

const kept: ArrayBuffer[] = [];

/**
 * Memory for a body. Fresh memory costs more than what is written to it: each page of it is a fault, and the collector is called for the
 * sake of bodies long gone. So bodies that are released are used again. Whole powers of two let most fit the next one, too.
 */
export function bodyOf(size: number): Uint8Array<ArrayBuffer> {
  const fits = kept.findIndex((buffer) => buffer.byteLength >= size);
  const [again] = fits < 0 ? [] : kept.splice(fits, 1);
  return new Uint8Array(again ?? fresh(size), 0, size);
}

/** Nothing is zeroed: all of a body is written. */
const fresh = (size: number): ArrayBuffer =>
  Buffer.allocUnsafeSlow(Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(size)))).buffer as ArrayBuffer;

/** Keeps the memory of a body that nobody needs any more. Whoever still holds the body finds it empty, not full of something else. */
export function giveBack(buffer: ArrayBuffer): void {
  if (buffer.detached || kept.length >= KEPT) return;
  kept.push(buffer.transfer());
}

/** The same in memory of its own, which can be given back. */
export function ownBody(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const own = bodyOf(body.length);
  own.set(body);
  return own;
}
