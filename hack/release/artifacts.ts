import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bundle, bundleCommand, bundleOperator } from '../build/bundle.ts';
import { bundledPackages } from '../image/packages.ts';
import { run } from '../tools/process.ts';
import { billOfMaterials } from './bom.ts';
import type { Subject } from './provenance.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What command, package and bill of materials are made of. */
export type Bundles = { readonly command: Bundle; readonly operator: Bundle };

export const bundles = async (place: string): Promise<Bundles> => ({
  command: await bundleCommand(place),
  operator: await bundleOperator(place),
});

/** The command in one file: `spanferry-VERSION.mjs`, for any machine with Node. */
export async function commandFile(folder: string, version: string, { command }: Bundles): Promise<void> {
  const target = join(folder, `spanferry-${version}.mjs`);
  await copyFile(command.file, target);
  await chmod(target, 0o755);
}

/** The package for npm: the two bundles and nothing to install beside them. */
export async function npmPackage(folder: string, version: string, made: Bundles): Promise<void> {
  const place = join(folder, 'work', 'npm');
  await mkdir(place, { recursive: true });
  for (const { file } of [made.command, made.operator]) await copyFile(file, join(place, basename(file)));
  await chmod(join(place, basename(made.command.file)), 0o755);
  const own = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Readonly<Record<string, unknown>>;
  const { name, description, license, engines } = own;
  const bin = { spanferry: 'spanferry.mjs', 'kubectl-spanferry': 'spanferry.mjs' };
  const manifest = {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    bin,
    files: ['*.mjs'],
    keywords: ['opentelemetry', 's3', 'kubernetes'],
  };
  await writeFile(join(place, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  for (const page of ['README.md', 'LICENSE']) await copyFile(join(root, page), join(place, page));
  await run('npm', ['pack', '--pack-destination', join(folder, 'work')], { cwd: place });
  // npm and Helm would call their packages the same.
  await rename(join(folder, 'work', `spanferry-${version}.tgz`), join(folder, `spanferry-npm-${version}.tgz`));
}

/** The chart as Helm packs it. */
export const chartPackage = (folder: string, helm: string): Promise<void> =>
  run(helm, ['package', join(root, 'charts/spanferry'), '--destination', folder]);

/** What of other people is inside image, package and command. */
export async function bill(folder: string, version: string, { command, operator }: Bundles, timestamp: string): Promise<void> {
  const packages = await bundledPackages([command, operator]);
  await writeFile(join(folder, `spanferry-${version}.cdx.json`), billOfMaterials(version, packages, timestamp));
}

/** The files of a release as they lie there, but for those that speak about the others. */
export async function subjects(folder: string): Promise<readonly Subject[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && !/^(SHA256SUMS|provenance)/.test(entry.name)).map(({ name }) => name);
  return Promise.all(names.sort().map(async (name) => ({ name: basename(name), sha256: await digestOf(join(folder, name)) })));
}

/** SHA-256 of a file, in hex. */
export const digestOf = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
