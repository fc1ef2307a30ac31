import { find } from './tools/cache.ts';
import { toolNamed, tools } from './tools/manifest.ts';
import { prepareTool } from './tools/prepare.ts';

const usage = `usage: npm run tools -- list             what is there, its version and where it came from
       npm run tools -- prepare [NAME…]  gets what is missing (all of them without a name)`;

const [verb, ...names] = process.argv.slice(2);

try {
  if (verb === 'list') list();
  else if (verb === 'prepare') await prepare(names.length > 0 ? names : tools.map((tool) => tool.name));
  else {
    console.error(usage);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function list(): void {
  for (const tool of tools) {
    const found = find(tool);
    console.log(
      `${tool.name.padEnd(20)} ${tool.version.padEnd(11)} ${(found ? `from ${found.from}` : 'not here').padEnd(24)} ${tool.usedFor}`,
    );
  }
}

async function prepare(wanted: readonly string[]): Promise<void> {
  for (const name of wanted.map((each) => toolNamed(each).name)) {
    const result = await prepareTool(name);
    if (result.ok) console.log(`${name}: ${result.found.folder} (from ${result.found.from})`);
    else {
      console.error(result.why);
      process.exitCode = 1;
    }
  }
}
