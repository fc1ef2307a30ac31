import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Bundle, bundleCommand, bundleOperator } from './build/bundle.ts';

// npm run build    dist/spanferry.mjs, the command in one file that needs nothing but Node 24; and dist/operator.mjs beside it

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

const say = (name: string, { metafile }: Bundle): void => {
  const [output] = Object.values(metafile.outputs);
  console.log(`dist/${name}: ${Math.round((output?.bytes ?? 0) / 1024)} KiB from ${Object.keys(metafile.inputs).length} files`);
};

const command = await bundleCommand(dist);
await chmod(command.file, 0o755);
say('spanferry.mjs', command);
say('operator.mjs', await bundleOperator(dist));
