/** The bytes of a file as they come. A chunk may only be read until the next one is asked for: its memory is used again. */
export type Chunks = AsyncIterator<Uint8Array>;

/** Reads at least `wanted` bytes where there are so many, and gives them back with the chunks that follow. */
export async function peekBytes(chunks: Chunks, wanted: number): Promise<{ readonly head: Uint8Array; readonly all: Chunks }> {
  const held: Uint8Array[] = [];
  let length = 0;
  while (length < wanted) {
    const next = await chunks.next();
    if (next.done) break;
    length += next.value.length;
    held.push(length < wanted ? new Uint8Array(next.value) : next.value);
  }
  const head = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held);
  return { head, all: behind(head, chunks) };
}

/** The head again, and then the rest. */
function behind(head: Uint8Array, chunks: Chunks): Chunks {
  let first = head.length > 0;
  const next = (): Promise<IteratorResult<Uint8Array>> => {
    if (!first) return chunks.next();
    first = false;
    return Promise.resolve({ done: false, value: head });
  };
  return { next, return: () => closed(chunks) };
}

/**
 * A generator over other chunks. Closing it closes them, too, even where it was never started: a generator alone would not get to
 * its `finally` then.
 */
export function over(source: Chunks, generator: AsyncGenerator<Uint8Array>): Chunks {
  const close = async (): Promise<IteratorResult<Uint8Array>> => {
    await generator.return(undefined);
    return closed(source);
  };
  return { next: () => generator.next(), return: close };
}

async function closed(chunks: Chunks): Promise<IteratorResult<Uint8Array>> {
  await chunks.return?.();
  return { done: true, value: undefined };
}

/** The same bytes in pieces of one size, so that nothing depends on how a store cuts them. */
export async function* inPieces(chunks: Chunks, size: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(size);
  let used = 0;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    for (let at = 0; at < next.value.length; ) {
      const part = next.value.subarray(at, at + size - used);
      piece.set(part, used);
      used += part.length;
      at += part.length;
      if (used < size) continue;
      yield piece;
      used = 0;
    }
  }
  if (used > 0) yield piece.subarray(0, used);
}
