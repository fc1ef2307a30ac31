/**
 * Passes items on, and asks for the next one while the last is looked at: never more than one ahead. What goes wrong with it is told when its turn
 * comes. Whoever leaves early waits for the one that is on its way, so end what brings it by a signal.
 */
export async function* ahead<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const source = items[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<T>> => {
    const asked = source.next();
    // Until its turn comes nobody listens, which must not pass for a rejection that is never handled.
    asked.catch(() => {});
    return asked;
  };
  try {
    let next = ask();
    for (let item = await next; !item.done; item = await next) {
      next = ask();
      yield item.value;
    }
  } finally {
    await source.return?.();
  }
}
