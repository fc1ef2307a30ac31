/** What a command costs before it has done anything: CPU and time from its start to its end, against bare Node in the same run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from '../hack/build/bundle.ts';
import { asObject, line, type Row } from './support/rows.ts';

const ROUNDS = 11;
const agent = fileURLToPath(new URL('../test/fixtures/views/langgraph-agent.json', import.meta.url));
const hook = `data:text/javascript,process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write('cpu ' + (user + system) / 1000); })`;

type Cost = { readonly cpuMs: number; readonly wallMs: number };

function costOf(args: readonly string[]): Cost {
  const start = performance.now();
  const { stderr } = spawnSync(process.execPath, ['--import', hook, ...args], { encoding: 'utf8', env: { PATH: process.env.PATH } });
  return { wallMs: performance.now() - start, cpuMs: Number(stderr.split('cpu ').at(-1)) };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const folder = mkdtempSync(join(tmpdir(), 'spanferry-bench-'));
try {
  const { file } = await bundleCommand(folder);
  // Where there is no kubeconfig a command ends when it has everything to ask its first question, and nobody to ask.
  const nobody = ['--kubeconfig', '/nowhere'];
  const commands: readonly (readonly [name: string, args: readonly string[], mostMs?: number])[] = [
    ['bare Node', ['--eval', '']],
    ['--version', [file, '--version']],
    ['validate, a small file', [file, 'validate', agent], 150],
    ['view, a small file', [file, 'view', agent], 150],
    ['status, to its first question', [file, 'status', ...nobody], 250],
    ['create, to a manifest', [file, 'create', 's3://acme-traces/agents/'], 250],
    ['ls, to its first question', [file, 'ls', 'checkout-agents', ...nobody]],
  ];
  // Turn by turn, so that whatever else the machine does falls on all alike.
  const costs = Array.from({ length: ROUNDS }, () => commands.map(([, args]) => costOf(args)));
  const of = (at: number, what: keyof Cost): number => median(costs.map((round) => round[at]?.[what] ?? 0));
  const rows = commands.flatMap(([name, , most], at): Row[] => [
    { name: `${name}: CPU`, value: of(at, 'cpuMs'), unit: 'ms', ...(most !== undefined && { most }) },
    { name: `${name}: time`, value: of(at, 'wallMs'), unit: 'ms' },
    ...(at > 0 ? [{ name: `${name}: CPU of bare Node`, value: of(at, 'cpuMs') / of(0, 'cpuMs'), unit: '×' }] : []),
  ]);
  if (process.argv.includes('--json')) console.log(JSON.stringify(asObject('cli', rows)));
  else for (const row of rows) console.log(line(row));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
