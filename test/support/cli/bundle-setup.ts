import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleCommand } from '../../../hack/build/bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The command as one file, as people install it. */
    spanferry: string;
  }
}

/** Builds the command once for a whole suite. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'spanferry-command-'));
  provide('spanferry', (await bundleCommand(folder)).file);
  return () => rm(folder, { recursive: true, force: true });
}
