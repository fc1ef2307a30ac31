import { resolve } from 'node:path';
import { layOut } from './image/rootfs.ts';

const usage = 'usage: npm run image:rootfs -- DIR    the files of the image, without a container engine';

const [verb, folder] = process.argv.slice(2);
if (verb !== 'rootfs' || folder === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  for (const file of await layOut(resolve(folder))) console.log(file);
}
