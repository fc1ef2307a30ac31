import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const BUDGET_MS = 90_000;
const program = fileURLToPath(new URL('../../hack/demo.ts', import.meta.url));

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'demo-test-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

/** The demo as a person starts it, but that its output is a pipe. What it writes to disk goes to `place`. */
function demo(...args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    env: { ...process.env, TMPDIR: place },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said += chunk;
      child.emit('said');
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const says = async (text: string) => {
    while (!said.includes(text)) {
      const gone = await Promise.race([once(child, 'said').then(() => false), ended.then(() => true)]);
      if (gone && !said.includes(text)) throw new Error(`the demo ended before it said "${text}":\n${said}`);
    }
  };
  return { child, ended, says, said: () => said };
}

/** Programs that were started with a file in `place`. */
function leftovers(): readonly string[] {
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return `${readFileSync(`/proc/${pid}/cmdline`, 'utf8')} ${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
      } catch {
        return '';
      }
    });
  return commands.filter((command) => command.includes(place)).map((command) => command.slice(0, 200).replaceAll('\0', ' '));
}

describe('the demo', () => {
  test(
    'shows the whole way, and ends well only because every span arrived',
    async () => {
      const running = demo('--once');
      expect(await running.ended, running.said()).toBe(0);
      const said = running.said();
      expect(said).toMatch(/All of \d+ spans arrived, each looked up by its id/);
      expect(said).toContain('InvalidTraceId: the trace id has 31 characters');
      expect(said).toMatch(/agents\/checkout\/run-0005\.json {2}Completed/);
      expect(said).toContain('Correct secretAccessKey in the Secret that the source names');
      expect(readdirSync(place)).toEqual([]);
      expect(leftovers()).toEqual([]);
    },
    BUDGET_MS,
  );

  test(
    'leaves nothing behind when it is terminated on its way',
    async () => {
      const running = demo();
      await running.says('✓ operator');
      running.child.kill('SIGTERM');
      expect(await running.ended).toBe(0);
      expect(readdirSync(place)).toEqual([]);
      expect(leftovers()).toEqual([]);
    },
    BUDGET_MS,
  );

  test('says what it does not know in a sentence', async () => {
    const running = demo('--twice');
    expect(await running.ended).toBe(2);
    expect(running.said()).toBe('the demo does not know --twice; it takes --once, or nothing\n');
  });
});
