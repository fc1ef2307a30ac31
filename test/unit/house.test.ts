import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf } from '../support/house/imports.ts';
import { complaints, type House } from '../support/house/rules.ts';

const root = join(import.meta.dirname, '../..');

/** Every file under src/ that runs on Node; assembly/ is another language, compiled apart. */
const house: House = new Map(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => `src/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.ts') && !file.includes('/assembly/'))
    .map((file): [string, string] => [file, readFileSync(join(root, file), 'utf8')]),
);

test('arrows point one way, and only keepers import what they keep', () => {
  expect(complaints(house)).toEqual([]);
});

test('a failure is told by its shape, since the command has its class several times', () => {
  expect([...house].filter(([, text]) => /instanceof Failed\b/.test(text)).map(([file]) => file)).toEqual([]);
});

test('the files are really read', () => {
  expect(house.size).toBeGreaterThan(10);
  expect(importsOf(house.get('src/api/parse.ts') ?? '').map(({ from }) => from)).toContain('./failure.ts');
});

describe('an import is found', () => {
  test.each([
    ["import { a } from './a.ts';", './a.ts', false, false],
    ["import {\n  a,\n  type B,\n} from './a.ts';", './a.ts', false, false],
    ["import type { A } from './a.ts';", './a.ts', true, false],
    ["import { type A } from './a.ts';", './a.ts', false, false],
    ["import * as a from 'a';", 'a', false, false],
    ["import './a.ts';", './a.ts', false, false],
    ["import data from '../package.json' with { type: 'json' };", '../package.json', false, false],
    ["export { a } from './a.ts';", './a.ts', false, false],
    ["export type { A } from './a.ts';", './a.ts', true, false],
    ["const { a } = await import('./a.ts');", './a.ts', false, true],
    ['const a = import(name);', undefined, false, true],
  ])('in %j', (text, from, typeOnly, dynamic) => {
    expect(importsOf(`const before = 'from';\n${text}\n`)).toEqual([{ from, typeOnly, dynamic }]);
  });

  test('but not in a comment, nor where there is none', () => {
    expect(
      importsOf("// import { a } from './a.ts';\n/** as import('./a.ts') does */\nexport const a = 'x';\nconst { url } = import.meta;\n"),
    ).toEqual([]);
  });
});

describe('a bad import is caught', () => {
  const s3 = ["import { S3Client } from '@aws-sdk/client-s3';"];
  const cases: readonly [rule: string, files: Readonly<Record<string, readonly string[]>>, says: string][] = [
    ['upwards', { 'src/std/a.ts': ["import { b } from '../api/b.ts';"] }, 'src/std/a.ts imports ../api/b.ts: api is above std'],
    ['upwards, of a type', { 'src/api/a.ts': ["import type { B } from '../kube/b.ts';"] }, 'kube is above api'],
    ['sideways', { 'src/stores/s3/a.ts': ["import { b } from '../../kube/b.ts';"] }, 'stores and kube are of the same rank'],
    [
      'sideways, as an export',
      { 'src/worker/a.ts': ["export { b } from '../dispatch/b.ts';"] },
      'worker and dispatch are of the same rank',
    ],
    [
      'from the operator into the command line',
      { 'src/operator.ts': ["import { b } from './cli/b.ts';"] },
      'operator and cli are of the same rank',
    ],
    ['of main', { 'src/operator.ts': ["import { b } from './main.ts';"] }, 'main is above operator'],
    [
      'of a test',
      { 'src/api/a.ts': ["import { b } from '../../test/support/b.ts';"] },
      'src imports nothing from test/, hack/ or elsewhere',
    ],
    ['into a room that nobody knows', { 'src/api/a.ts': ["import { b } from '../attic/b.ts';"] }, 'attic is no room of the house'],
    ['with a computed name', { 'src/api/a.ts': ['const a = await import(name);'] }, 'imports (computed): an import names its module'],
    [
      'of client-node',
      { 'src/control/a.ts': ["import type { V1Pod } from '@kubernetes/client-node';"] },
      'only src/kube/ imports this package',
    ],
    ["of another provider's SDK", { 'src/stores/gcs/a.ts': s3 }, 'only src/stores/s3/ imports this package'],
    ['of an SDK in the port', { 'src/stores/store.ts': ["const a = await import('@azure/storage-blob');"] }, 'only src/stores/azureblob/'],
    [
      'that loads an SDK at once, two files away',
      {
        'src/stores/registry.ts': ["import { a } from './s3/a.ts';"],
        'src/stores/s3/a.ts': ["import { b } from './b.ts';"],
        'src/stores/s3/b.ts': s3,
      },
      'src/stores/registry.ts imports ./s3/a.ts: it would load @aws-sdk/client-s3 at once',
    ],
    [
      'of the cluster by an offline command, one file away',
      { 'src/cli/validate.ts': ["import { a } from './a.ts';"], 'src/cli/a.ts': ["import { b } from '../kube/b.ts';"] },
      'src/cli/a.ts imports ../kube/b.ts: src/cli/validate.ts works offline',
    ],
  ];

  test.each(cases)('%s', (_rule, files, says) => {
    const made = new Map(Object.entries(files).map(([file, lines]) => [file, `${lines.join('\n')}\n`]));
    expect(complaints(made)).toEqual([expect.stringContaining(says)]);
  });

  test('while the same house with good imports is left alone', () => {
    const good: House = new Map([
      [
        'src/main.ts',
        "import { run } from './operator.ts';\nimport { status } from './cli/status.ts';\nimport pack from '../package.json' with { type: 'json' };\n",
      ],
      ['src/cli/status.ts', "import { get } from '../kube/get.ts';\n"],
      ['src/stores/registry.ts', "import { place } from './s3/place.ts';\nconst s3 = () => import('./s3/store.ts');\n"],
      ['src/stores/s3/place.ts', "import type { S3Client } from '@aws-sdk/client-s3';\n"],
      ['src/stores/s3/store.ts', `${s3[0]}\n`],
      ['src/worker/ferry.ts', "import type { Store } from '../stores/store.ts';\nimport { sleep } from '../std/sleep.ts';\n"],
    ]);
    expect(complaints(good)).toEqual([]);
  });
});
