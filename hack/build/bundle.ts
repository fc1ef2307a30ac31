import { globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { type Part, pack, partsApart, partsInside } from './parts.ts';
import { trimmed } from './trims.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export type Bundle = {
  readonly file: string;
  readonly metafile: Metafile;
  /** Of what is packed inside. */
  readonly parts: readonly Metafile[];
};

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

/** The operator, with the Kubernetes client and the clouds' SDKs, is a file of its own: the command must start without reading it. */
const operatorBeside: Plugin = {
  name: 'operator-beside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/operator\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './operator.mjs', external: true } : undefined,
    );
  },
};

/** An older Node complains about the first name that it misses, before any line of ours runs. So that name is not imported, and the first line looks. */
const oldNode: Plugin = {
  name: 'old-node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:zlib$/ }, () => ({ path: 'node:zlib', namespace: 'node' }));
    onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule('${path}');` }));
  },
};

const firstLines = `#!/usr/bin/env node
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error('spanferry: this needs Node 24 or newer, and runs on ' + process.version + ' (' + process.execPath + ')');
  process.exit(1);
}`;

/**
 * What the command needs for a cluster, and what it needs for a store beside that: each complete, so that only one of them is loaded. The client of a
 * cloud comes with the first store that needs it.
 */
const parts: readonly Part[] = [
  { entry: 'src/cli/cluster/cluster.ts' },
  { entry: 'src/cli/objects/objects.ts' },
  ...globSync('src/stores/*/opener.ts', { cwd: root })
    .sort()
    .map((entry) => ({ entry, borrowed: ['undici', 'zod'] })),
];

/**
 * The command as one file: whatever a sub-command imports with import() is in it, but runs only when it is asked for. The file is the program of
 * the transcoding threads as well, and the WebAssembly module is inside.
 */
export async function bundleCommand(folder: string): Promise<Bundle> {
  const apart = partsApart(parts);
  const packed = await Promise.all(
    parts.map((part) => pack(part, { ...common, plugins: [apart, trimmed], mainFields: ['module', 'main'] })),
  );
  return bundled(
    join(folder, 'spanferry.mjs'),
    { entryPoints: ['src/main.ts'], plugins: [operatorBeside, oldNode, apart, partsInside(packed)], banner: { js: firstLines } },
    packed.map(({ metafile }) => metafile),
  );
}

/** The operator as one file, to lie beside the command. */
export const bundleOperator = (folder: string): Promise<Bundle> =>
  bundled(join(folder, 'operator.mjs'), {
    entryPoints: ['src/operator.ts'],
    // Packages written for require() find it here.
    banner: { js: "import { createRequire as spanferryRequire } from 'node:module'; const require = spanferryRequire(import.meta.url);" },
  });

async function bundled(file: string, options: BuildOptions, parts: readonly Metafile[] = []): Promise<Bundle> {
  const { metafile } = await build({ ...common, ...options, outfile: file, metafile: true });
  return { file, metafile, parts };
}
