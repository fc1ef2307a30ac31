import { execFileSync } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';

const TIMES = 5;

/** From the start of a process, bundled as it is shipped, to the first batch of a file that is ready: milliseconds. */
export async function coldStarts(folder: string, bytes: Uint8Array): Promise<number[]> {
  const file = join(folder, 'file.json');
  const program = join(folder, 'cold.mjs');
  writeFileSync(file, bytes);
  await bundle('cold.ts', program);
  const once = () => execFileSync(process.execPath, [program], { encoding: 'utf8', stdio: [openSync(file, 'r'), 'pipe', 'inherit'] });
  return Array.from({ length: TIMES }, () => JSON.parse(once()).firstBatchMs);
}
