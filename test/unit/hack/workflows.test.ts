import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { versions } from '../../../hack/release/versions.ts';

type Step = { readonly uses?: string; readonly run?: string };
type Workflow = {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
};

const folder = '.github/workflows/';
const files = readdirSync(folder);
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly scripts: Readonly<Record<string, string>> };

describe.each(files)('%s', (file) => {
  const workflow = parse(readFileSync(`${folder}${file}`, 'utf8')) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  test('runs one command of the project in each step, so that every step can be tried on any machine', () => {
    for (const { run } of steps) {
      if (run === undefined) continue;
      const [, name = ''] = /^npm (?:run )?([\w:]+)(?: -- [\w -]+)?$/.exec(run) ?? [];
      expect(Object.keys(scripts), run).toContain(name);
    }
  });

  test('pins what is not ours by its commit, with its version beside it for people', () => {
    const lines = readFileSync(`${folder}${file}`, 'utf8').split('\n');
    for (const line of lines.filter((each) => each.includes('uses:'))) expect(line).toMatch(/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may only read, unless a job says otherwise', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });
});

test('CI runs the two words that the README tells people: npm test', () => {
  expect(readFileSync(`${folder}ci.yml`, 'utf8')).toContain('- run: npm test\n');
});

test('every place that says a version says the same', () => {
  const said = versions();
  expect(said.size).toBe(5);
  expect(new Set(said.values()).size, JSON.stringify([...said])).toBe(1);
});
