// `npm run X` comes here first. Uses nothing but the modules of Node 20: neither the dependencies nor Node 24 may be there yet.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dependencies } from './prepare/dependencies.mjs';
import { node24 } from './prepare/node24.mjs';

const [command = '', ...args] = process.argv.slice(2);
const script = fileURLToPath(new URL(`./${command}.ts`, import.meta.url));

if (!/^[a-z]+$/.test(command) || !existsSync(script)) {
  console.error(`there is no command "${command}"; package.json lists them`);
  process.exit(2);
}

try {
  await dependencies();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const child = spawn(node24(), ['--disable-warning=ExperimentalWarning', script, ...args], { stdio: 'inherit' });
// Ctrl-C on a terminal reaches the child by itself; it decides how long stopping takes. What comes from elsewhere is passed on.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// npm tells only its shell that it was terminated, and the shell dies without a word.
const parent = process.ppid;
if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref();
child.on('error', (error) => {
  console.error(`Node 24 cannot be started (${error.code}): run \`npm rebuild node\`, or install Node 24`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
