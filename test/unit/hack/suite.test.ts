import { expect, test } from 'vitest';
import { judge, type Report } from '../../../hack/test/suite.ts';

const report = (numbers: Partial<Report>): Report => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...numbers,
});
const place = new URL('../../conformance/stores/moto.test.ts', import.meta.url).pathname;

const cases: readonly [sentence: string, end: string, report: Report | undefined, expected: object][] = [
  ['a suite whose tests pass has passed', 'exit 0', report({ numPassedTests: 3 }), { passed: 3, failed: 0, skipped: 0 }],
  ['a failed test is a failure', 'exit 1', report({ numPassedTests: 3, numFailedTests: 2 }), { passed: 3, failed: 2 }],
  [
    'a file that cannot be loaded, or an error that nobody caught, is a failure though every test passed',
    'exit 1',
    report({ numPassedTests: 3 }),
    { passed: 3, failed: 1, trouble: 'unit failed outside its tests (exit 1)' },
  ],
  [
    'a suite that was killed before its report is a failure',
    'SIGKILL',
    undefined,
    { failed: 1, trouble: 'unit did not run to its end (SIGKILL)' },
  ],
  ['a suite that finds no test is a failure', 'exit 0', report({}), { failed: 1, trouble: 'unit has not run a single test' }],
  [
    'skipped tests are named by their file',
    'exit 0',
    report({
      numPassedTests: 1,
      numPendingTests: 1,
      numTodoTests: 1,
      testResults: [{ name: place, assertionResults: [{ status: 'passed' }, { status: 'skipped' }, { status: 'todo' }] }],
    }),
    { passed: 1, failed: 0, skipped: 2, skippedIn: ['2 of test/conformance/stores/moto.test.ts'] },
  ],
  [
    'a failed test is named, with the beginning of what it says',
    'exit 1',
    report({
      numFailedTests: 1,
      testResults: [
        {
          name: place,
          assertionResults: [
            { status: 'failed', fullName: 'moto keeps a promise', failureMessages: ['\u001b[31mError: it did not\u001b[39m\n  at x'] },
          ],
        },
      ],
    }),
    { failed: 1, failures: ['test/conformance/stores/moto.test.ts > moto keeps a promise\n  Error: it did not\n    at x'] },
  ],
];

test.each(cases)('%s', (_sentence, end, given, expected) => {
  expect(judge('unit', end, given)).toMatchObject(expected);
});
