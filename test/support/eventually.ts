/** Asks again until the answer is there; what was seen last is part of the complaint. */
export async function eventually<T>(ask: () => Promise<T> | T, enough: (seen: T) => boolean, withinMs = 30_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await ask();
    if (enough(seen)) return seen;
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs / 1_000} s; seen last: ${JSON.stringify(seen, undefined, 1)?.slice(0, 3_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
