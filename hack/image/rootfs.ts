import { chmod, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand, bundleOperator } from '../build/bundle.ts';
import { bundledPackages } from './packages.ts';

const license = fileURLToPath(new URL('../../LICENSE', import.meta.url));

/**
 * Lays out what the image has besides Node: the command, the operator beside it, the license, and a list of the packages inside the two files.
 * Nobody may write any of it. Returns the paths, as the container sees them.
 */
export async function layOut(folder: string): Promise<readonly string[]> {
  const app = join(folder, 'app');
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty`);
  await mkdir(app);
  const bundles = [await bundleCommand(app), await bundleOperator(app)];
  await copyFile(license, join(app, 'LICENSE'));
  await writeFile(join(app, 'packages.json'), `${JSON.stringify(await bundledPackages(bundles), undefined, 2)}\n`);
  const files = (await readdir(app)).sort();
  for (const file of files) await chmod(join(app, file), file === 'spanferry.mjs' ? 0o555 : 0o444);
  await chmod(app, 0o555);
  return files.map((file) => `/app/${file}`);
}

/** Removes what was laid out, write-protected as it is. */
export async function clear(folder: string): Promise<void> {
  await chmod(join(folder, 'app'), 0o755).catch(() => {});
  await rm(folder, { recursive: true, force: true });
}
