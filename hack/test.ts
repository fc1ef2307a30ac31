import { checks } from './test/checks.ts';
import { runSuite, type SuiteResult } from './test/suite.ts';
import { suites } from './test/suites.ts';
import { summarise } from './test/summary.ts';
import { find } from './tools/cache.ts';
import { toolNamed } from './tools/manifest.ts';
import { announce, prepareTool } from './tools/prepare.ts';

// npm test            every check and every suite
// npm test -- unit    one suite (or several), without the checks

const names = process.argv.slice(2);
const unknown = names.find((name) => !suites.some((suite) => suite.name === name));
if (unknown) {
  console.error(`there is no suite "${unknown}"; there are: ${suites.map((suite) => suite.name).join(', ')}`);
  process.exit(2);
}
const wanted = suites.filter((suite) => names.length === 0 || names.includes(suite.name));

// What somebody has set wrongly is told now, not after the checks.
try {
  for (const name of wanted.flatMap((suite) => [...suite.needs, ...suite.uses])) find(toolNamed(name));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

const missing: string[] = [];
const failedChecks = names.length === 0 ? await checks() : [];
const results: SuiteResult[] = [];

for (const suite of wanted) {
  if (!(await prepareAll(suite.needs))) {
    console.log(`\n── ${suite.name}: not run, because what it stands on is not there`);
    continue;
  }
  await prepareAll(suite.uses);
  const result = await runSuite(suite);
  if (result.interrupted) {
    console.error('interrupted');
    process.exit(130);
  }
  results.push(result);
}

process.exitCode = summarise({ failedChecks, results, missing, strict: process.env.CI === 'true' || names.length > 0 });

/** Prepares tools side by side and remembers why one is not there; says whether all of them are. */
async function prepareAll(tools: readonly string[]): Promise<boolean> {
  const prepared = await Promise.all(tools.map(async (tool) => ({ tool, ...(await prepareTool(tool)) })));
  for (const each of prepared) {
    if (each.ok) announce(each.tool, each.found);
    else missing.push(each.why);
  }
  return prepared.every(({ ok }) => ok);
}
