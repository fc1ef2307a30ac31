import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundle } from './build/bundle.ts';

// npm run build    dist/spanferry.mjs: the command, in one file that needs nothing but Node 24

const { file, metafile } = await bundle(fileURLToPath(new URL('../dist/', import.meta.url)));
await chmod(file, 0o755);
const [output] = Object.values(metafile.outputs);
console.log(`dist/spanferry.mjs: ${Math.round((output?.bytes ?? 0) / 1024)} KiB from ${Object.keys(metafile.inputs).length} files`);
