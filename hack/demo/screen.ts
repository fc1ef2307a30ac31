import { type Paint, paintFor } from '../../src/cli/terminal/paint.ts';
import { wrap } from '../../src/cli/terminal/width.ts';
import { sleep } from '../../src/std/sleep.ts';
import type { Seen } from './cluster.ts';
import { lines, narrowed, tables } from './tables.ts';

export type Watch = {
  /** What is awaited, for the line at the end: "everything is ferried". */
  readonly name: string;
  readonly look: () => Promise<Seen>;
  /** Resolves the wait; a text is printed behind the time it took. */
  readonly until: (seen: Seen) => string | false;
  readonly signal: AbortSignal;
  /** The key of the only file that is of interest. */
  readonly only?: string;
};

/** What the demo writes to: a terminal, where tables are redrawn in place, or a pipe, which gets a line for each change. */
export type Screen = {
  readonly paint: Paint;
  readonly isTerminal: boolean;
  /** Text for people, broken between words. */
  readonly say: (text?: string, indent?: string, brush?: (line: string) => string) => void;
  /** The title of an act. */
  readonly act: (title: string) => void;
  /** What people do about it, set apart. */
  readonly aside: (text: string) => void;
  /** A command as a person would type it, in lines that can be copied. */
  readonly command: (text: string, prompt?: string) => void;
  /** Shows the tables until something is true, and says how long that took. */
  readonly watch: (watch: Watch) => Promise<void>;
  /** Prints what changes from now on, until the signal. */
  readonly follow: (look: () => Promise<Seen>, signal: AbortSignal) => Promise<never>;
  /** Gives a person time to read; nobody reads a pipe. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Puts the cursor back. */
  readonly restore: () => void;
};

const EVERY_MS = 200;
const LIMIT_MS = 60_000;
const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

export function createScreen(out: NodeJS.WriteStream, env: NodeJS.ProcessEnv, inHurry: boolean): Screen {
  const isTerminal = out.isTTY === true && env.TERM !== 'dumb';
  const paint = paintFor({ write: async () => {}, isTTY: isTerminal }, env);
  const columns = (): number => out.columns ?? 100;
  const room = (): number => (isTerminal ? columns() : 1_000);
  const say: Screen['say'] = (text = '', indent = '', brush = (line) => line) => {
    for (const line of wrap(text, room() - indent.length)) out.write(`${indent}${brush(line)}\n`);
  };
  let known: ReadonlyMap<string, string> = new Map();
  let drawn = 0;

  /** Writes over what was drawn before. Lines that a narrow window would break are cut by their makers. */
  const redraw = (block: readonly string[]): void => {
    const up = drawn > 0 ? `\x1b[${drawn}A\r` : '\x1b[?25l';
    out.write(`${up}${block.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
    drawn = block.length;
  };
  const printChanges = (seen: Seen): void => {
    const now = lines(seen);
    for (const [id, line] of now) if (known.get(id) !== line) out.write(`  ${line}\n`);
    known = now;
  };
  const restore = (): void => {
    if (drawn > 0) out.write('\x1b[?25h');
    drawn = 0;
  };

  const watch = async ({ name, look, until, signal, only }: Watch): Promise<void> => {
    const start = performance.now();
    for (let turn = 0; ; turn++) {
      const seen = await look();
      const end = until(seen);
      const seconds = `${((performance.now() - start) / 1_000).toFixed(1)} s`.padStart(8);
      const mark = end === false ? paint.cyan(spinner[turn % spinner.length] ?? '') : paint.green('✓');
      const progress = `${mark} ${name.padEnd(22)} ${seconds}${end === false ? '' : `  ${end}`}`;
      if (isTerminal)
        redraw([...tables(only === undefined ? seen : narrowed(seen, only), paint, columns() - 1, out.rows ?? 24), '', progress]);
      else printChanges(seen);
      if (end !== false) {
        if (!isTerminal) out.write(`${progress}\n`);
        return restore();
      }
      if (performance.now() - start > LIMIT_MS) {
        restore();
        throw new Error(`${name}: that has not happened within ${LIMIT_MS / 1_000} s`);
      }
      await sleep(EVERY_MS, signal);
    }
  };

  return {
    paint,
    isTerminal,
    say,
    act: (title) => {
      const line = '─'.repeat(Math.max(3, Math.min(columns(), 100) - title.length - 5));
      out.write(`\n${paint.dim('──')} ${paint.bold(title)} ${paint.dim(line)}\n\n`);
    },
    aside: (text) => {
      say();
      say(text);
      say();
    },
    command: (text, prompt = '$ ') => {
      for (const [i, line] of shellLines(text, room() - prompt.length).entries()) {
        out.write(`${i === 0 ? paint.dim(prompt) : ' '.repeat(prompt.length)}${paint.cyan(line)}\n`);
      }
    },
    watch,
    follow: async (look, signal) => {
      known = lines(await look());
      for (;;) {
        await sleep(EVERY_MS, signal);
        printChanges(await look());
      }
    },
    pause: (ms, signal) => (isTerminal && !inHurry ? sleep(ms, signal) : Promise.resolve()),
    restore,
  };
}

/** A command in lines of at most so many cells, broken where the shell lets it go on. */
export function shellLines(command: string, room: number): readonly string[] {
  if (command.length <= room) return [command];
  const lines: string[] = [];
  // A flag stays with its value.
  for (const word of command.match(/-{1,2}[\w-]+ [^\s-]\S*|\S+/g) ?? []) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length + 3 <= room) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(line === undefined ? word : `  ${word}`);
  }
  return lines.map((line, i) => (i < lines.length - 1 ? `${line} \\` : line));
}
