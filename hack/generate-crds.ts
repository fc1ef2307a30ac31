/** Writes crds/ and the tables of docs/spec/ from the schemas of src/api. With --check it only looks, and fails when a file is stale. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { kinds } from '../src/api/kinds.ts';
import { crdText, fileOf } from './crds/crd.ts';
import { pageText } from './crds/page.ts';

const root = new URL('../', import.meta.url);
const read = (file: string): Promise<string> => readFile(new URL(file, root), 'utf8');

await mkdir(new URL('crds/', root), { recursive: true });
const there = new Map<string, string>();
for (const file of await readdir(new URL('crds/', root))) there.set(`crds/${file}`, await read(`crds/${file}`));

const wanted = new Map<string, string>();
for (const kind of kinds) {
  const page = `docs/spec/${kind.singular}.md`;
  there.set(page, await read(page));
  wanted.set(page, pageText(await read(page), kind));
  wanted.set(`crds/${fileOf(kind)}`, crdText(kind));
}

const stale = [...new Set([...wanted.keys(), ...there.keys()])].filter((file) => wanted.get(file) !== there.get(file)).sort();

if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`These do not fit src/api: ${stale.join(', ')}. Run \`npm run generate\` and commit what it wrote.`);
    process.exitCode = 1;
  }
} else {
  for (const file of stale) {
    const text = wanted.get(file);
    if (text === undefined) await rm(new URL(file, root));
    else await writeFile(new URL(file, root), text);
  }
  console.log(stale.length > 0 ? `Brought up to date: ${stale.join(', ')}.` : 'crds/ and docs/spec/ are up to date.');
}
