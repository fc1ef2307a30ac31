import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { saysTheSame } from './lockfile.mjs';
import { step } from './step.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const stamp = `${root}node_modules/.spanferry-lock`;

/**
 * Installs what the committed lockfile names, unless it is there already. `npm ci` would refuse where a registry lacks the
 * packages of foreign platforms, so it is `npm install`. What it writes into the lockfile about foreign platforms depends on the registry and
 * is put back; any other change is reported.
 */
export async function dependencies() {
  const lockfile = readFileSync(`${root}package-lock.json`);
  const wanted = createHash('sha256')
    .update(lockfile)
    .update(readFileSync(`${root}package.json`))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;

  await step('dependencies', async () => {
    await npm('install', '--no-audit', '--no-fund', '--loglevel=error');
    const written = readFileSync(`${root}package-lock.json`);
    const isSame = saysTheSame(lockfile.toString(), written.toString());
    const isStrict = process.env.CI === 'true';
    if ((isSame || isStrict) && !written.equals(lockfile)) writeFileSync(`${root}package-lock.json`, lockfile);
    if (!isSame && isStrict) throw new Error('package-lock.json does not fit package.json: run `npm install` and commit the lockfile');
    if (!isSame) return 'the lockfile has changed: commit it';
    writeFileSync(stamp, wanted);
  });
}

function npm(...args) {
  return new Promise((resolve, reject) => {
    // Our own .npmrc counts, not what an outer `npm run` has put into the environment.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(config_|lifecycle|package)/i.test(name)));
    const child = spawn('npm', args, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'], shell: process.platform === 'win32' });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', () => reject(new Error('npm cannot be started; install Node.js 20 or newer with npm')));
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`npm install failed:\n${errors.trim().slice(-2000)}`))));
  });
}
