import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// npm run bench -- NAME [--json]   a table for people, or one object {name, figures, ratios, machine} as the last line

const folder = fileURLToPath(new URL('../bench/', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

const [name, ...args] = process.argv.slice(2);
if (!name || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [--json]\nthere are: ${names.join(', ') || 'none yet'}`);
  process.exit(2);
}

const child = spawn(process.execPath, ['--expose-gc', `${folder}${name}.ts`, ...args], { stdio: 'inherit' });
child.on('exit', (code) => process.exit(code ?? 1));
