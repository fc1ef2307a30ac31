import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles a program of this folder into one file, as the product is. */
export async function bundle(program: string, outfile: string): Promise<void> {
  const entry = fileURLToPath(new URL(program, import.meta.url));
  await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' });
}
