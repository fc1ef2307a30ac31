import { fileURLToPath } from 'node:url';
import { generators } from '../generators.ts';
import { step } from '../prepare/step.mjs';
import { capture } from './capture.ts';

const bin = (name: string): string => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));

const all: readonly (readonly [name: string, program: string, args: readonly string[]])[] = [
  ['lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['types', bin('tsc'), ['--project', '.']],
  ['types: page', bin('tsc'), ['--project', 'src/cli/page/browser']],
  ['unused', bin('knip'), ['--no-progress']],
  ...generators.map(({ what, script }) => [`fresh: ${what}`, process.execPath, [script, '--check']] as const),
];

/** Everything that is told without running the project: lint, types, unused code, stale generated files. Returns the names of what failed. */
export async function checks(): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const [name, program, args] of all) {
    try {
      await step(name, () => capture(program, args));
    } catch (error) {
      console.log(error instanceof Error ? error.message : error);
      failed.push(name);
    }
  }
  return failed;
}
