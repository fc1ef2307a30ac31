import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const read = (file: string): string => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
const found = (file: string, pattern: RegExp): string => pattern.exec(read(file))?.[1] ?? 'nothing';

/** Every place that says which version this is. */
export function versions(): ReadonlyMap<string, string> {
  const chart = parse(read('charts/spanferry/Chart.yaml')) as { readonly version: string; readonly appVersion: string };
  return new Map([
    ['package.json', (JSON.parse(read('package.json')) as { readonly version: string }).version],
    ['charts/spanferry/Chart.yaml, version', chart.version],
    ['charts/spanferry/Chart.yaml, appVersion', chart.appVersion],
    ['Dockerfile', found('Dockerfile', /^ARG VERSION=(.+)$/m)],
    ['src/operator.ts', found('src/operator.ts', /^const VERSION = '(.+)';$/m)],
  ]);
}

/** The version, if all places agree. */
export function version(): string {
  const said = versions();
  const [first = ''] = said.values();
  const other = [...said].find(([, text]) => text !== first);
  if (other) throw new Error(`package.json says ${first}, ${other[0]} says ${other[1]}: make them agree`);
  return first;
}

/** What CHANGELOG.md says about a version. */
export function notes(changelog: string, of: string): string {
  const section = changelog.split(/^## /m).find((each) => each.startsWith(of) || each.startsWith(`[${of}]`));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${of}": write one before the release`);
  return section.slice(section.indexOf('\n')).trim();
}
