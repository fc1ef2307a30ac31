import { checks } from './test/checks.ts';
import { runSuite, type SuiteResult } from './test/suite.ts';
import { suites } from './test/suites.ts';
import { summarise } from './test/summary.ts';
import { announce, prepareTool } from './tools/prepare.ts';

// npm test            every check and every suite
// npm test -- unit    one suite (or several), without the checks

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !suites.some((suite) => suite.name === name));
if (unknown) {
  console.error(`there is no suite "${unknown}"; there are: ${suites.map((suite) => suite.name).join(', ')}`);
  process.exit(2);
}

const missing: string[] = [];
const failedChecks = wanted.length === 0 ? await checks() : [];
const results: SuiteResult[] = [];

for (const suite of suites.filter((each) => wanted.length === 0 || wanted.includes(each.name))) {
  for (const tool of suite.tools) {
    const prepared = await prepareTool(tool);
    if (prepared.ok) announce(tool, prepared.found);
    else missing.push(prepared.why);
  }
  results.push(await runSuite(suite));
}

process.exitCode = summarise({ failedChecks, results, missing, ci: process.env.CI === 'true' });
