/** The most moments that any stretch of this length has in it; a second where nothing is said. */
export function busiest(moments: readonly number[], stretchMs = 1_000): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let [most, from] = [0, 0];
  for (const [at, moment] of sorted.entries()) {
    while (moment - (sorted[from] as number) >= stretchMs) from++;
    most = Math.max(most, at - from + 1);
  }
  return most;
}
