/** Writes crds/ from the schemas of src/api. With --check it only looks, and fails when a file is stale. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { kinds } from '../src/api/kinds.ts';
import { crdText, fileOf } from './crds/crd.ts';

const folder = new URL('../crds/', import.meta.url);

const wanted = new Map(kinds.map((kind) => [fileOf(kind), crdText(kind)]));

await mkdir(folder, { recursive: true });
const there = new Map<string, string>();
for (const file of await readdir(folder)) there.set(file, await readFile(new URL(file, folder), 'utf8'));

const stale = [...new Set([...wanted.keys(), ...there.keys()])].filter((file) => wanted.get(file) !== there.get(file)).sort();

if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`crds/ does not fit src/api: ${stale.join(', ')}. Run \`npm run generate\` and commit what it wrote.`);
    process.exitCode = 1;
  }
} else {
  for (const file of stale) {
    const text = wanted.get(file);
    if (text === undefined) await rm(new URL(file, folder));
    else await writeFile(new URL(file, folder), text);
  }
  console.log(stale.length > 0 ? `Wrote ${stale.map((file) => `crds/${file}`).join(', ')}.` : 'crds/ is up to date.');
}
