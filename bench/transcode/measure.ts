/** CPU time of all threads of this process, in milliseconds: what a machine shared with others cannot take away as easily as wall time. */
async function cpuMs(run: () => Promise<unknown> | unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};

export const WARM_UPS = 4;
export const RUNS = 11;

/** The median CPU time of 11 runs after 4 that do not count. */
export async function medianCpuMs(run: () => Promise<unknown> | unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < WARM_UPS + RUNS; i++) times.push(await cpuMs(run));
  return median(times.slice(WARM_UPS));
}
