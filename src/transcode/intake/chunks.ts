/** The bytes of a file as they come. */
export type Chunks = AsyncIterator<Uint8Array>;

/** Reads at least `wanted` bytes where there are so many, and gives them back with the chunks that follow. */
export async function peekBytes(chunks: Chunks, wanted: number): Promise<{ readonly head: Uint8Array; readonly all: Chunks }> {
  const held: Uint8Array[] = [];
  let length = 0;
  while (length < wanted) {
    const next = await chunks.next();
    if (next.done) break;
    held.push(next.value);
    length += next.value.length;
  }
  const head = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held);
  return { head, all: behind(head, chunks) };
}

async function* behind(head: Uint8Array, chunks: Chunks): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    yield* rest(chunks);
  } finally {
    await chunks.return?.();
  }
}

async function* rest(chunks: Chunks): AsyncGenerator<Uint8Array> {
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

/** The same bytes in pieces of one size, so that nothing depends on how a store cuts them. */
export async function* inPieces(chunks: Chunks, size: number): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(size);
  let used = 0;
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      for (let at = 0; at < next.value.length; ) {
        const part = next.value.subarray(at, at + size - used);
        piece.set(part, used);
        used += part.length;
        at += part.length;
        if (used < size) continue;
        yield piece;
        piece = new Uint8Array(size);
        used = 0;
      }
    }
    if (used > 0) yield piece.subarray(0, used);
  } finally {
    await chunks.return?.();
  }
}
