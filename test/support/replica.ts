import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from './process.ts';

/** One replica of the operator, as a process. */
export type Replica = {
  readonly process: ChildProcess;
  /** Everything it logged, one object per line. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  readonly text: () => string;
  readonly url: string;
  /** SIGTERM, and its exit code. */
  readonly stop: () => Promise<number | null>;
  readonly kill: () => Promise<void>;
};

const program = fileURLToPath(new URL('./programs/operator.ts', import.meta.url));

/** Starts the operator. It dies with the test at the latest. To see why a test fails, name a file in OPERATOR_LOG: all logs are added to it. */
export async function startReplica(
  flags: readonly string[],
  environment: NodeJS.ProcessEnv,
  command: readonly string[] = [program],
): Promise<Replica> {
  const port = await freePort();
  const child = spawn(process.execPath, [...command, ...flags, '--listen', `127.0.0.1:${port}`], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const reap = () => void child.kill('SIGKILL');
  process.once('exit', reap);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk;
      if (process.env.OPERATOR_LOG) appendFileSync(process.env.OPERATOR_LOG, chunk);
    });
  }
  const gone = once(child, 'exit').then(() => process.off('exit', reap));
  const ended = async () => {
    if (child.exitCode === null && child.signalCode === null) await gone;
  };
  return {
    process: child,
    text: () => text,
    get log() {
      return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
    },
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGTERM');
      await ended();
      return child.exitCode;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended();
    },
  };
}
