import { spawn } from 'node:child_process';
import { once } from 'node:events';

export type Ended = { readonly code: number | NodeJS.Signals | null; readonly out: Buffer; readonly err: string };

export type Command = { readonly args: readonly string[]; readonly stdin?: Uint8Array | string; readonly env?: NodeJS.ProcessEnv };

/** Runs a bundled program with these arguments, as a shell would, until it ends. */
export async function command(program: string, { args, stdin = '', env = {} }: Command): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env.PATH, ...env }, stdio: 'pipe' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  // A program that ends before it has read everything is fine.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const [code, signal] = await once(child, 'close');
  return { code: code ?? signal, out: Buffer.concat(out), err: Buffer.concat(err).toString() };
}
