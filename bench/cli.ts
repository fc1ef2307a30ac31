/** What a command costs before it has done anything: CPU and time from its start to its end, against bare Node in the same run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from '../hack/build/bundle.ts';
import { startChild } from '../test/support/child.ts';
import { asObject, line, type Row } from './support/rows.ts';

const ROUNDS = 11;
const agent = fileURLToPath(new URL('../test/fixtures/views/langgraph-agent.json', import.meta.url));
const hook = `data:text/javascript,process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write('cpu ' + (user + system) / 1000); })`;

type Measured = readonly [name: string, args: readonly string[], mostMs?: number];

type Cost = { readonly cpuMs: number; readonly wallMs: number };

// A login that is found at once.
const env = { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' };

function costOf(args: readonly string[]): Cost {
  const start = performance.now();
  const { stderr } = spawnSync(process.execPath, ['--import', hook, ...args], { encoding: 'utf8', env });
  return { wallMs: performance.now() - start, cpuMs: Number(stderr.split('cpu ').at(-1)) };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const folder = mkdtempSync(join(tmpdir(), 'spanferry-bench-'));
const answers = `require('http').createServer((_, answer) => answer.writeHead(403).end()).listen(0, '127.0.0.1', function () { console.log('at http://127.0.0.1:' + this.address().port); })`;
// In a process of its own, since this one waits for the command.
const store = await startChild(process.execPath, ['--eval', answers], /^at (http:\S+)$/);
try {
  const { file } = await bundleCommand(folder);
  // Where there is no kubeconfig a command ends when it has everything to ask its first question, and nobody to ask.
  const nobody = ['--kubeconfig', '/nowhere'];
  const asks = (name: string, ...args: readonly string[]): Measured => [
    `${name}, to its first question`,
    [file, name, 'any', ...args, ...nobody],
    250,
  ];
  // A store that refuses ends a command at its first answer: with everything loaded that reading takes.
  const refusing = ['--endpoint', store.line[1] ?? ''];
  const commands: readonly Measured[] = [
    ['bare Node', ['--eval', '']],
    ['--version', [file, '--version']],
    ['validate, a small file', [file, 'validate', agent], 150],
    ['view, a small file', [file, 'view', agent], 150],
    ['create, to a manifest', [file, 'create', 's3://acme-traces/agents/'], 250],
    asks('status'),
    asks('files'),
    asks('test'),
    asks('wait', '--for', 'done'),
    asks('ls'),
    asks('view', 'a.json'),
    asks('why', 'a.json'),
    asks('preview'),
    [
      "preview of S3, to the store's first answer",
      [file, 'preview', 's3://acme-traces/', '--path-style', '--region', 'us-east-1', ...refusing],
    ],
    ["preview of GCS, to the store's first answer", [file, 'preview', 'gs://acme-traces/', ...refusing]],
  ];
  // Turn by turn, so that whatever else the machine does falls on all alike.
  const costs = Array.from({ length: ROUNDS }, () => commands.map(([, args]) => costOf(args)));
  const of = (at: number, what: keyof Cost): number => median(costs.map((round) => round[at]?.[what] ?? 0));
  const rows = commands.flatMap(([name, , most], at): Row[] => [
    { name: `${name}: time`, value: of(at, 'wallMs'), unit: 'ms', ...(most !== undefined && { most }) },
    { name: `${name}: CPU`, value: of(at, 'cpuMs'), unit: 'ms' },
    ...(at > 0 ? [{ name: `${name}: CPU of bare Node`, value: of(at, 'cpuMs') / of(0, 'cpuMs'), unit: '×' }] : []),
  ]);
  if (process.argv.includes('--json')) console.log(JSON.stringify(asObject('cli', rows)));
  else for (const row of rows) console.log(line(row));
} finally {
  await store.stop();
  rmSync(folder, { recursive: true, force: true });
}
