import type { SuiteResult } from './suite.ts';

export type Everything = {
  readonly failedChecks: readonly string[];
  readonly results: readonly SuiteResult[];
  /** Why a real program is not there: one text each. */
  readonly missing: readonly string[];
  readonly ci: boolean;
};

/** Prints how it went, ending with one plain line, and returns the exit code. A missing program is a failure where CI=true. */
export function summarise({ failedChecks, results, missing, ci }: Everything): number {
  console.log('');
  for (const { suite, passed, failed, skipped, seconds, trouble } of results) {
    const numbers = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    console.log(`${suite.name.padEnd(14)} ${numbers.padEnd(40)} ${seconds.toFixed(0)} s of ${suite.budgetSeconds} s`);
    if (trouble) console.log(`  ${trouble}`);
  }
  for (const name of failedChecks) console.log(`FAILED CHECK: ${name}`);
  for (const why of missing) console.log(`NOT TESTED: ${why}`);

  const sum = (of: (result: SuiteResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const failed = sum((result) => result.failed) + failedChecks.length + (ci ? missing.length : 0);
  console.log(`\n${sum((result) => result.passed)} passed, ${failed} failed, ${sum((result) => result.skipped)} skipped`);
  return failed === 0 ? 0 : 1;
}
