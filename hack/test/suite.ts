import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Suite } from './suites.ts';

export type SuiteResult = {
  readonly suite: Suite;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** What went wrong beyond single tests. */
  readonly trouble?: string;
};

/** Runs one suite with its output on the terminal and counts its tests. */
export async function runSuite(suite: Suite): Promise<SuiteResult> {
  console.log(`\n── ${suite.name} (budget ${suite.budgetSeconds} s)`);
  const folder = mkdtempSync(join(tmpdir(), 'spanferry-test-'));
  const report = join(folder, 'report.json');
  const start = performance.now();
  const limitMs = 2 * suite.budgetSeconds * 1000;
  try {
    const end = await vitest(suite.name, report, limitMs);
    const seconds = (performance.now() - start) / 1000;
    const counts = count(report);
    if (!counts) return { suite, passed: 0, failed: 1, skipped: 0, seconds, trouble: `${suite.name} did not run to its end (${end})` };
    const unexplained = end !== 'exit 0' && counts.failed === 0;
    return {
      suite,
      ...counts,
      failed: counts.failed + (unexplained ? 1 : 0),
      seconds,
      ...(unexplained && { trouble: `${suite.name} failed outside its tests (${end})` }),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function vitest(project: string, report: string, limitMs: number): Promise<string> {
  const program = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
  const args = [
    program,
    'run',
    '--project',
    project,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    const timer = setTimeout(() => {
      console.error(`${project} takes more than twice its budget and is ended`);
      // The whole group: a suite may have servers of its own.
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    const stop = () => child.pid && process.kill(-child.pid, 'SIGTERM');
    process.once('SIGINT', stop);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      process.removeListener('SIGINT', stop);
      resolve(signal ?? `exit ${code}`);
    });
  });
}

type Report = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numFailedTestSuites: number;
};

function count(report: string): Pick<SuiteResult, 'passed' | 'failed' | 'skipped'> | undefined {
  try {
    const read = JSON.parse(readFileSync(report, 'utf8')) as Report;
    return { passed: read.numPassedTests, failed: read.numFailedTests, skipped: read.numPendingTests + read.numTodoTests };
  } catch {
    return undefined;
  }
}
