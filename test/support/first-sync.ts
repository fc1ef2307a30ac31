import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
  /** Of the event loop, by the clock: what others feel. On a shared machine it may have waited for a CPU. */
  readonly longestBlockMs: number;
  /** The same in CPU time of its thread. */
  readonly longestBlockCpuMs: number;
};

/** What 20,000 records may cost. */
export const firstSyncBounds = { ms: 6_000, mibAdded: 150, longestBlockMs: 100 } as const;

const program = fileURLToPath(new URL('./programs/first-sync.ts', import.meta.url));

/**
 * Measures it in a process of its own, under Node as the image starts it. The records are a seventh of the bound; most of what is added is the room
 * that V8 takes for what comes and goes, and the image says how much that may be.
 */
export async function firstSync(kubeconfig: string, initial: 'stream' | 'pages'): Promise<FirstSync> {
  const folder = await mkdtemp(join(tmpdir(), 'spanferry-first-sync-'));
  try {
    const path = join(folder, 'kubeconfig');
    await writeFile(path, kubeconfig, { mode: 0o600 });
    const { stdout } = await promisify(execFile)(process.execPath, [...(await nodeFlags()), program, path, initial]);
    return JSON.parse(stdout) as FirstSync;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What stands between Node and the program in the image's ENTRYPOINT. */
async function nodeFlags(): Promise<readonly string[]> {
  const dockerfile = await readFile(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const command = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
  const flags = command.slice(1, -1);
  if (flags.length === 0) throw new Error('the ENTRYPOINT of the Dockerfile gives Node no flags');
  return flags;
}
