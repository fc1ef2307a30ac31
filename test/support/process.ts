import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { sleep } from '../../src/std/sleep.ts';

/** A server program under a test's hand. */
export type Server = {
  /** Starts it (again) and resolves once it is ready. */
  readonly start: () => Promise<void>;
  /** Resolves once the process is gone. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
  readonly pid: () => number | undefined;
  /** How it ended by itself; undefined while it runs, before it was started, and after `kill`. */
  readonly ended: () => string | undefined;
};

export type ServerOptions = {
  readonly env?: NodeJS.ProcessEnv;
  /** A group of its own: Ctrl-C in the terminal does not reach it. */
  readonly detached?: boolean;
  readonly onOutput?: (chunk: Buffer) => void;
};

const LIMIT_MS = 60_000;
const TAIL = 4_000;

/** Runs a command and asks `ready` until it says yes; what it printed last is in the error if it never does. */
export function server(
  name: string,
  command: string,
  args: readonly string[],
  ready: () => Promise<boolean>,
  { onOutput, ...options }: ServerOptions = {},
): Server {
  let child: ChildProcess | undefined;
  const reap = () => void child?.kill('SIGKILL');

  const start = async () => {
    const started = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    process.once('exit', reap);
    let printed = '';
    const keep = (chunk: Buffer) => {
      printed = `${printed}${chunk}`.slice(-TAIL);
      onOutput?.(chunk);
    };
    started.stdout.on('data', keep);
    started.stderr.on('data', keep);
    const until = performance.now() + LIMIT_MS;
    while (!(await ready().catch(() => false))) {
      if (started.exitCode !== null) throw new Error(`${name} ended with ${started.exitCode}: ${printed}`);
      if (performance.now() > until) throw new Error(`${name} was not ready within ${LIMIT_MS} ms: ${printed}`);
      await sleep(100);
    }
  };

  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    const dying = child;
    child = undefined;
    process.off('exit', reap);
    if (!dying || dying.exitCode !== null || dying.signalCode !== null) return;
    const gone = once(dying, 'exit');
    dying.kill(signal);
    await gone;
  };

  const ended = () => {
    if (!child || (child.exitCode === null && child.signalCode === null)) return undefined;
    return child.signalCode ?? `exit ${child.exitCode}`;
  };

  return { start, kill, pid: () => child?.pid, ended };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has no port');
  return address.port;
}
