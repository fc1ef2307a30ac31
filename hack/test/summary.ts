import type { SuiteResult } from './suite.ts';

/** All that a run of the tests has to tell. */
export type Everything = {
  readonly failedChecks: readonly string[];
  readonly results: readonly SuiteResult[];
  /** Why a real program is not there, and what was not tested for want of it: one text each. */
  readonly missing: readonly string[];
  /** Nothing may be missing: in CI, and where a suite was asked for by its name. */
  readonly strict: boolean;
};

/** Prints how it went, ending with one plain line, and returns the exit code. */
export function summarise({ failedChecks, results, missing, strict }: Everything): number {
  console.log('');
  for (const { suite, passed, failed, skipped, seconds, trouble } of results) {
    const numbers = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    console.log(`${suite.name.padEnd(14)} ${numbers.padEnd(40)} ${seconds.toFixed(0)} s of ${suite.budgetSeconds} s`);
    if (trouble) console.log(`  ${trouble}`);
  }
  // What a reader of a long log, or of its end, looks for first.
  for (const failure of results.flatMap((result) => result.failures)) console.log(`FAILED: ${failure}`);
  for (const where of results.flatMap((result) => result.skippedIn)) console.log(`SKIPPED: ${where}`);
  for (const name of failedChecks) console.log(`FAILED CHECK: ${name}`);
  for (const why of missing) console.log(`NOT TESTED: ${why}`);

  const sum = (of: (result: SuiteResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const failed = sum((result) => result.failed) + failedChecks.length + (strict ? missing.length : 0);
  const untested = missing.length > 0 && !strict ? `, ${missing.length} not tested (see above)` : '';
  console.log(`\n${sum((result) => result.passed)} passed, ${failed} failed, ${sum((result) => result.skipped)} skipped${untested}`);
  return failed === 0 ? 0 : 1;
}
