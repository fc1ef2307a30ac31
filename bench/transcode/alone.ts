import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { defaultSettings } from '../../src/transcode/port.ts';
import { transcode } from '../../src/transcode/transcode.ts';
import { median, RUNS, WARM_UPS } from './measure.ts';
import { inputFrom } from './streams.ts';

const MARK = 'a thread by itself';

/** Whether this is one of the threads that read their input themselves and hand nothing over: what a machine gives at best. */
export const isAlone = (): boolean => !isMainThread && workerData === MARK;

/** Transcodes a file so many times whenever it is told to. */
export function serveAlone(file: URL): void {
  const input = inputFrom(readFileSync(file), 1_000_000);
  parentPort?.on('message', async (times: number) => {
    for (let i = 0; i < times; i++) await transcode(input, defaultSettings, ({ release }) => release?.());
    parentPort?.postMessage('done');
  });
}

/** How long `jobs` files take so many threads, by the clock. */
export async function aloneMs(program: URL, threads: number, jobs: number): Promise<number> {
  const workers = Array.from({ length: threads }, () => new Worker(program, { workerData: MARK }));
  const times: number[] = [];
  for (let i = 0; i < WARM_UPS + RUNS; i++) {
    const started = performance.now();
    const done = Promise.all(workers.map((worker) => once(worker, 'message')));
    for (const worker of workers) worker.postMessage(jobs / threads);
    await done;
    times.push(performance.now() - started);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return median(times.slice(WARM_UPS));
}
