import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';

const TIMES = 5;

/** From the start of a process, bundled as it is shipped, to the first batch of a file in the folder that is ready: milliseconds. */
export async function coldStarts(folder: string, name: string): Promise<number[]> {
  const file = join(folder, name);
  const program = join(folder, 'cold.mjs');
  await bundle('cold.ts', program);
  const once = () => execFileSync(process.execPath, [program], { encoding: 'utf8', stdio: [openSync(file, 'r'), 'pipe', 'inherit'] });
  return Array.from({ length: TIMES }, () => JSON.parse(once()).firstBatchMs);
}
