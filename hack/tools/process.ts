import { spawn } from 'node:child_process';

/** Runs a program to its end, silently; a failure carries the last words of its standard error. */
export function run(program: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk).slice(-4000);
    });
    child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? new Error(`${program} is not installed`) : error));
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ${args[0]} failed: ${errors.trim().slice(-600)}`))));
  });
}
