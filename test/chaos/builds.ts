import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCommand, bundleOperator } from '../../hack/build/bundle.ts';
import type { Build } from './crew.ts';

/** This operator, bundled as for the image, and the same as the next version would be: what one began the other must go on with. */
export async function twoBuilds(folder: string): Promise<readonly [Build, Build]> {
  const [now, next] = [join(folder, 'now'), join(folder, 'next')];
  const program = (await bundleCommand(now)).file;
  await bundleOperator(now);
  const later = (await bundleCommand(next)).file;
  const { file } = await bundleOperator(next);
  const text = await readFile(file, 'utf8');
  const version = /\b(VERSION\d*)="0\.1\.0"/;
  if (!version.test(text)) throw new Error('the bundle of the operator does not say its version where it is expected');
  await writeFile(file, text.replace(version, '$1="0.1.1"'));
  return [
    { name: 'now', program },
    { name: 'next', program: later },
  ];
}
