import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Bundles the command into one file in `folder`. What a sub-command imports with import() is in the same file but runs only when it is
 * asked for.
 */
export async function bundle(folder: string): Promise<{ readonly file: string; readonly metafile: Metafile }> {
  const file = join(folder, 'spanferry.mjs');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    banner: { js: '#!/usr/bin/env node' },
    metafile: true,
    logLevel: 'warning',
  });
  return { file, metafile };
}
