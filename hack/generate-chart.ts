/** Brings into the chart and config/ what is decided elsewhere: CRDs, the schema of a source, the table of values, the dashboard. With --check it only looks. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { crdTemplate } from './chart/crds.ts';
import { dashboardText } from './chart/dashboard.ts';
import { schemaText } from './chart/schema.ts';
import { pageText } from './chart/table.ts';

const root = new URL('../', import.meta.url);
const chart = 'charts/spanferry/';
const read = (file: string): Promise<string> => readFile(new URL(file, root), 'utf8');

const wanted = new Map<string, string>();
for (const file of await readdir(new URL('crds/', root))) {
  const crd = await read(`crds/${file}`);
  wanted.set(`${chart}templates/crds/${file}`, crdTemplate(crd));
  // Kustomize reads no file outside of its own folder.
  wanted.set(`config/crd/${file}`, crd);
}
const source = await read('crds/spanferry.io_ingestionsources.yaml');
wanted.set(`${chart}values.schema.json`, schemaText(await read(`${chart}values.schema.json`), source));
wanted.set(`${chart}README.md`, pageText(await read(`${chart}README.md`), await read(`${chart}values.yaml`)));

wanted.set(`${chart}files/dashboard.json`, dashboardText());

const stale: string[] = [];
for (const [file, text] of wanted) if ((await read(file).catch(() => '')) !== text) stale.push(file);

if (!process.argv.includes('--check')) for (const file of stale) await writeFile(new URL(file, root), wanted.get(file) ?? '');
else if (stale.length > 0) {
  console.error(`These are stale: ${stale.join(', ')}. Run \`npm run generate\` and commit what it wrote.`);
  process.exitCode = 1;
}
