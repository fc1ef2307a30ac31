import { existsSync } from 'node:fs';
import { variableOf } from '../../hack/tools/manifest.ts';

/** Programs that tests run beside the ones of this repository. */
type Program = 'versitygw' | 'fake-gcs-server' | 'moto_server' | 'kube-controller-manager' | 'helm' | 'promtool' | 'chromium';

/**
 * Path of a program that the test runner prepared, from `SPANFERRY_TOOL_<NAME>`. Without it CI fails; elsewhere the caller skips what
 * needs it, after a line that nobody can overlook.
 */
export function toolPath(program: Program): string | undefined {
  const variable = variableOf(program);
  const path = process.env[variable];
  if (path && existsSync(path)) return path;
  const missing = path ? `${variable} names ${path}, which is not there` : `${variable} is not set`;
  if (process.env.CI === 'true') throw new Error(`${missing}: CI needs ${program}`);
  console.warn(`SKIPPED: everything that needs ${program}, because ${missing}. \`npm test\` prepares it.`);
  return undefined;
}
