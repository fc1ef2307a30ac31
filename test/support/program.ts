import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program of the tests in a process of its own, and what it says. */
export type Program = {
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Resolves with the first line, said already or still to come, that `matches`; rejects if the program ends without it. */
  readonly says: (matches: (line: string) => boolean) => Promise<string>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
};

/** Starts test/support/programs/<name>.ts. It dies with the test at the latest. */
export function program(name: string, options: unknown): Program {
  const path = fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [path, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const reap = () => void child.kill('SIGKILL');
  process.once('exit', reap);

  const said: string[] = [];
  const listeners = new Set<() => void>();
  const hear = (line: string) => {
    said.push(line);
    for (const listener of listeners) listener();
  };
  createInterface({ input: child.stdout }).on('line', hear);
  createInterface({ input: child.stderr }).on('line', hear);

  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', reap);
      resolve(code ?? signal ?? -1);
    });
  });

  const says = (matches: (line: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const line = said.find(matches);
        if (line === undefined) return;
        listeners.delete(look);
        resolve(line);
      };
      listeners.add(look);
      void ended.then((how) => reject(new Error(`${name} ended (${how}) and said:\n${said.slice(-20).join('\n')}`)));
      look();
    });

  return { signal: (signal) => void child.kill(signal), says, ended };
}
