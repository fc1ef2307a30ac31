import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What a cache of many records costs until it is synced. */
export type FirstSync = {
  readonly objects: number;
  readonly ms: number;
  readonly cpuMs: number;
  readonly mibAdded: number;
  readonly longestBlockMs: number;
};

/** What 20,000 records may cost. */
export const firstSyncBounds = { ms: 6_000, mibAdded: 150, longestBlockMs: 100 } as const;

const program = fileURLToPath(new URL('./programs/first-sync.ts', import.meta.url));

/** Measures it in a process of its own. */
export async function firstSync(kubeconfig: string, initial: 'stream' | 'pages'): Promise<FirstSync> {
  const folder = await mkdtemp(join(tmpdir(), 'spanferry-first-sync-'));
  try {
    const path = join(folder, 'kubeconfig');
    await writeFile(path, kubeconfig, { mode: 0o600 });
    const { stdout } = await promisify(execFile)(process.execPath, [program, path, initial]);
    return JSON.parse(stdout) as FirstSync;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
