import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { svgOf } from './picture/svg.ts';
import { terminal } from './picture/terminal.ts';

// npm run picture    runs the demo on a terminal of its own and draws what stands there at the end: docs/demo.svg

const COLUMNS = 118;
const ROWS = 200;

const root = fileURLToPath(new URL('../', import.meta.url));
const target = `${root}docs/demo.svg`;

const screen = terminal(COLUMNS);
const code = await record([process.execPath, '--disable-warning=ExperimentalWarning', `${root}hack/demo.ts`, '--once'], screen.write);
if (code !== 0) {
  console.error(`the demo ended with ${code}: no picture was drawn`);
  process.exit(1);
}
const lines = screen.lines();
// The act that shows most, files of four teams ferried, the one after it, what was in one of them, and a trace platform; then the last word.
const heads = lines.flatMap((line, at) => (line.some(({ text }) => text.startsWith('──')) ? [at] : []));
const lineWith = (words: string): number => lines.findIndex((line) => line.some(({ text }) => text.includes(words)));
/** From a line on, to the end of its act, or of one after it. */
const acts = (from: number, count: number) => lines.slice(from, heads.filter((at) => at > from)[count - 1] ?? lines.length - 1);
const apart = [[{ at: 0, text: '…', look: [2] }], []];
const last = lines.findLast((line) => line.length > 0) ?? [];
const platform = heads.findLast((at) => at < lineWith('apply -f datadog.yaml')) ?? lines.length;
const shown = [...acts(lineWith('get ingestionsources'), 2), ...apart, ...acts(platform, 1), ...apart, last];
await writeFile(target, svgOf(shown, { columns: COLUMNS, title: 'npm run demo' }));
console.log(`docs/demo.svg: ${shown.length} of ${lines.length} lines`);

/** Runs a program on a terminal, as `script` of util-linux gives one, and hands on what it writes there. */
function record(command: readonly string[], hear: (text: string) => void): Promise<number | null> {
  const line = `stty cols ${COLUMNS} rows ${ROWS}; exec ${command.map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd: root,
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8').on('data', hear);
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
}
