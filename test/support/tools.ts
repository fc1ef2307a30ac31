import { existsSync } from 'node:fs';

/** Programs that tests run beside the ones of this repository. */
export type Tool = 'versitygw' | 'fake-gcs-server' | 'moto-server' | 'helm';

/**
 * Path of a program that the test runner prepared, from `SPANFERRY_TOOL_<NAME>`. Without it CI fails; elsewhere the caller skips what
 * needs it, after a line that nobody can overlook.
 */
export function toolPath(tool: Tool): string | undefined {
  const variable = `SPANFERRY_TOOL_${tool.toUpperCase().replaceAll('-', '_')}`;
  const path = process.env[variable];
  if (path && existsSync(path)) return path;
  const missing = path ? `${variable} names ${path}, which is not there` : `${variable} is not set`;
  if (process.env.CI === 'true') throw new Error(`${missing}: CI needs ${tool}`);
  console.warn(`SKIPPED: everything that needs ${tool}, because ${missing}. \`npm test\` prepares it.`);
  return undefined;
}
