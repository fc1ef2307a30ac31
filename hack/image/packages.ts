import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '../build/bundle.ts';

export type Package = { readonly name: string; readonly version: string; readonly license: string };

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The folder of the package that a file belongs to: the last node_modules counts, and a scope is part of the name. */
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/** What of other people is inside the bundles, as the bundler saw it: the ground truth for a bill of materials and for licenses. */
export async function bundledPackages(bundles: readonly Bundle[]): Promise<readonly Package[]> {
  const inputs = bundles.flatMap(({ metafile, parts }) =>
    [metafile, ...parts].flatMap(({ outputs }) => Object.values(outputs)).flatMap((output) => Object.entries(output.inputs)),
  );
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).flatMap(([file]) => PACKAGE.exec(file) ?? []);
  const packages = await Promise.all([...new Set(used)].map(read));
  return packages.sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
}

async function read(folder: string): Promise<Package> {
  const { name, version, license } = JSON.parse(await readFile(`${root}${folder}/package.json`, 'utf8')) as Partial<Package>;
  return { name: name ?? folder, version: version ?? 'unknown', license: typeof license === 'string' ? license : 'see package' };
}
