import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { Suite } from './suites.ts';

/** How one suite went, in numbers. */
export type SuiteResult = {
  readonly suite: Suite;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Where tests were skipped, and how many. */
  readonly skippedIn: readonly string[];
  /** Every failed test by its full name, with what it says. */
  readonly failures: readonly string[];
  readonly seconds: number;
  /** What went wrong beyond single tests. */
  readonly trouble?: string;
  /** Somebody wants the whole run to end. */
  readonly interrupted: boolean;
};

const root = fileURLToPath(new URL('../../', import.meta.url));

/** How long what a suite has started may take to end by itself once somebody asks. */
const GRACE_MS = 5_000;

/** Runs one suite with its output on the terminal and counts its tests. */
export async function runSuite(suite: Suite): Promise<SuiteResult> {
  console.log(`\n── ${suite.name} (budget ${suite.budgetSeconds} s)`);
  const folder = mkdtempSync(join(tmpdir(), 'spanferry-test-'));
  const report = join(folder, 'report.json');
  const start = performance.now();
  try {
    const { end, interrupted } = await vitest(suite.name, folder, report, 2 * suite.budgetSeconds * 1000);
    return { suite, ...judge(suite.name, end, readReport(report)), seconds: (performance.now() - start) / 1000, interrupted };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What a run says about its suite. Whatever did not end well counts as a failure, also where no test says so. */
export function judge(name: string, end: string, report: Report | undefined): Omit<SuiteResult, 'suite' | 'seconds' | 'interrupted'> {
  if (!report) return { passed: 0, failed: 1, skipped: 0, skippedIn: [], failures: [], trouble: `${name} did not run to its end (${end})` };
  const skippedIn = report.testResults.flatMap((file) => {
    const skipped = file.assertionResults.filter(({ status }) => ['skipped', 'pending', 'todo'].includes(status)).length;
    return skipped === 0 ? [] : [`${skipped} of ${relative(root, file.name)}`];
  });
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    skippedIn,
    failures: report.testResults.flatMap(({ name: file, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'failed')
        .map((test) => `${relative(root, file)} > ${test.fullName}\n${indented(test.failureMessages?.[0])}`),
    ),
  };
  if (end !== 'exit 0' && counts.failed === 0) return { ...counts, failed: 1, trouble: `${name} failed outside its tests (${end})` };
  if (counts.passed + counts.failed === 0) return { ...counts, failed: 1, trouble: `${name} has not run a single test` };
  return counts;
}

/** A message may carry a whole page; its beginning says what broke. */
const MOST_LINES = 16;
const MOST_LETTERS = 300;

const indented = (message = ''): string =>
  stripVTControlCharacters(message)
    .split('\n')
    .slice(0, MOST_LINES)
    .map((line) => `  ${line.slice(0, MOST_LETTERS)}`)
    .join('\n');

type End = { readonly end: string; readonly interrupted: boolean };

function vitest(project: string, folder: string, report: string, limitMs: number): Promise<End> {
  const program = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [program, 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return new Promise((resolve) => {
    // A group and a folder of its own, so that the servers of a suite and what they have written end with it, however it ends.
    const env = { ...process.env, TMPDIR: folder };
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    let interrupted = false;
    const limit = setTimeout(() => {
      console.error(`${project} takes more than twice its budget and is ended`);
      signalGroup(child.pid, 'SIGKILL');
    }, limitMs);
    const stop = () => {
      interrupted = true;
      signalGroup(child.pid, 'SIGTERM');
      setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_MS).unref();
    };
    for (const signal of stopSignals) process.on(signal, stop);
    child.on('error', (error) => console.error(error.message));
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      for (const each of stopSignals) process.removeListener(each, stop);
      signalGroup(child.pid, 'SIGKILL');
      resolve({ end: signal ?? `exit ${code}`, interrupted });
    });
  });
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (leader) process.kill(-leader, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/** The part of vitest's JSON report that is read here. */
export type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly TestReport[] }[];
};

type TestReport = { readonly status: string; readonly fullName?: string; readonly failureMessages?: readonly string[] };

function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}
