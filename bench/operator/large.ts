import type { Row } from '../support/rows.ts';
import { weigh } from '../support/weigh.ts';
import { type Stand, startStand } from './stand.ts';

const FILES = 240;
const WARM = 60;

/** Files of four megabytes, plain and in gzip: how much input a CPU-second of the operator carries, everything included. */
export async function large(): Promise<readonly Row[]> {
  const stand = await startStand([
    { prefix: 'warm/', count: WARM, kind: 'genai' },
    { prefix: 'warm-gz/', count: WARM, kind: 'genai.gz' },
    { prefix: 'plain/', count: FILES, kind: 'genai' },
    { prefix: 'gzip/', count: FILES, kind: 'genai.gz' },
  ]);
  try {
    const { pid } = await stand.operator();
    await carried(stand, pid, 'warm', 'genai', WARM);
    await carried(stand, pid, 'warm-gz', 'genai.gz', WARM);
    const plain = await carried(stand, pid, 'plain', 'genai', FILES);
    const gzip = await carried(stand, pid, 'gzip', 'genai.gz', FILES);
    return [
      { name: '4 MB files, plain', value: plain.perCpuSecond, unit: 'MB/CPU-s', least: 350 },
      { name: '4 MB files, plain, by the clock', value: plain.perSecond, unit: 'MB/s' },
      { name: '4 MB files, gzip, counted decompressed', value: gzip.perCpuSecond, unit: 'MB/CPU-s', least: 300 },
      { name: '4 MB files, gzip, by the clock', value: gzip.perSecond, unit: 'MB/s' },
      { name: 'peak memory of the operator under both', value: weigh(pid).peakMb, unit: 'MB', most: 350 },
    ];
  } finally {
    await stand.close();
  }
}

async function carried(stand: Stand, pid: number, name: string, kind: string, files: number) {
  const [before, started] = [weigh(pid).cpuMs, performance.now()];
  await stand.source(name);
  await stand.completed(name, files);
  const megabytes = ((stand.served.bytesOf[kind] ?? 0) * files) / 1e6;
  return {
    perCpuSecond: megabytes / ((weigh(pid).cpuMs - before) / 1_000),
    perSecond: megabytes / ((performance.now() - started) / 1_000),
  };
}

/** One file of 300 MB, to an operator that has done nothing else. */
export async function huge(): Promise<readonly Row[]> {
  const stand = await startStand([{ prefix: 'huge/', count: 1, kind: '300 MB' }]);
  try {
    const { pid } = await stand.operator();
    const { perCpuSecond } = await carried(stand, pid, 'huge', '300 MB', 1);
    return [
      { name: 'a 300 MB object: peak memory of the operator', value: weigh(pid).peakMb, unit: 'MB', most: 250 },
      { name: 'a 300 MB object', value: perCpuSecond, unit: 'MB/CPU-s' },
    ];
  } finally {
    await stand.close();
  }
}
