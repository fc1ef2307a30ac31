import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fileOf } from '../../../hack/crds/crd.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { fileSpec, ledgerSpec, objectOf } from '../../support/api/manifests.ts';
import { kubectl, kubectlOk, list } from '../../support/kubectl.ts';

const namespace = 'api-looks';
const inNamespace = (args: readonly string[], input?: string) => kubectlOk(['-n', namespace, ...args], input);
const setStatus = (what: string, status: object) =>
  inNamespace(['patch', what, '--type=merge', '--subresource=status', '-p', JSON.stringify({ status })]);

const file = (name: string, spec: object) => objectOf({ title: '', kind: 'IngestionFile', spec: { ...fileSpec, ...spec } }, name);

beforeAll(async () => {
  await kubectlOk(['create', 'namespace', namespace]);
  await inNamespace(
    ['create', '-f', '-'],
    list([
      objectOf({ title: '', kind: 'IngestionSource', spec: { store: { s3: { bucket: 'acme-traces' } } } }, 'checkout-agents'),
      objectOf({ title: '', kind: 'IngestionLedger', spec: ledgerSpec }, 'checkout-agents-1'),
      file('mine', { worker: 'a' }),
      file('mine-failed', { worker: 'a', key: 'agents/prod/broken.json' }),
      file('yours', { worker: 'b' }),
      file('of-another-source', { worker: 'a', sourceRef: { name: 'other' } }),
    ]),
  );
  await setStatus('ifile/mine-failed', { state: 'Failed', attempts: 4, retries: 3, files: 0, spans: 17, reason: 'Truncated' });
  const at = new Date().toISOString();
  await setStatus('isrc/checkout-agents', {
    observedGeneration: 1,
    conditions: [{ type: 'Ready', status: 'True', reason: 'Flowing', message: 'every file has been ferried', lastTransitionTime: at }],
    location: 's3://acme-traces/agents/prod/',
    files: { pending: 2, completed: 1204, failed: 1 },
    totals: { spans: 48213 },
    lastScan: { completionTime: at },
  });
});

/** A table of kubectl: cells are at least three spaces apart, and a cell may be empty. */
async function table(kind: string, name: string): Promise<readonly (readonly [string, string])[]> {
  const [head = '', row = ''] = (await inNamespace(['get', kind, name])).split('\n');
  const starts = [...head.matchAll(/\S+(?: \S+)*/g)].map(({ index }) => index);
  const cell = (line: string, column: number) => line.slice(starts[column], starts[column + 1]).trim();
  return starts.map((_, column): [string, string] => [cell(head, column), cell(row, column)]);
}

const age = expect.stringMatching(/^\d+s$/);

describe('kubectl get shows', () => {
  test('of a source how it is going', async () => {
    expect(await table('isrc', 'checkout-agents')).toEqual([
      ['NAME', 'checkout-agents'],
      ['READY', 'True'],
      ['STATUS', 'every file has been ferried'],
      ['LOCATION', 's3://acme-traces/agents/prod/'],
      ['PENDING', '2'],
      ['DONE', '1204'],
      ['FAILED', '1'],
      ['SPANS', '48213'],
      ['LAST SCAN', age],
      ['AGE', age],
    ]);
  });

  test('of a record what became of the file', async () => {
    expect(await table('ifile', 'mine-failed')).toEqual([
      ['NAME', 'mine-failed'],
      ['STATE', 'Failed'],
      ['FILES', '0'],
      ['SPANS', '17'],
      ['RETRIES', '3'],
      ['REASON', 'Truncated'],
      ['KEY', 'agents/prod/broken.json'],
      ['AGE', age],
    ]);
  });

  test('of a segment how much it holds', async () => {
    expect(await table('iledger', 'checkout-agents-1')).toEqual([
      ['NAME', 'checkout-agents-1'],
      ['SOURCE', 'checkout-agents'],
      ['NUMBER', '1'],
      ['OPEN', 'false'],
      ['ENTRIES', '2'],
      ['FAILURES', '0'],
      ['AGE', age],
    ]);
  });

  test('all kinds by their category, and none of them in `all`', async () => {
    const names = await inNamespace(['get', 'spanferry', '-o', 'name']);
    const found = new Set(names.split('\n').map((name) => name.split('.')[0]));
    for (const { singular } of kinds) expect(found).toContain(singular);
    expect(await inNamespace(['get', 'all', '-o', 'name'])).not.toContain('spanferry');
  });
});

describe('a field selector finds', () => {
  test.each([
    ['ifile', 'status.state=Failed', ['mine-failed']],
    ['ifile', 'status.state=Pending', ['mine', 'of-another-source', 'yours']],
    ['ifile', 'spec.worker=a', ['mine', 'mine-failed', 'of-another-source']],
    ['ifile', 'spec.sourceRef.name=checkout-agents', ['mine', 'mine-failed', 'yours']],
    ['ifile', 'spec.worker=a,status.state=Pending,spec.sourceRef.name=checkout-agents', ['mine']],
    ['ifile', 'spec.worker!=a', ['yours']],
    ['iledger', 'spec.sourceRef.name=checkout-agents', ['checkout-agents-1']],
    ['iledger', 'spec.sourceRef.name=other', []],
  ])('%s with %s', async (kind, selector, names) => {
    const found = await inNamespace(['get', kind, '--field-selector', selector, '-o', 'jsonpath={.items[*].metadata.name}']);
    expect(found.split(' ').filter(Boolean).sort()).toEqual(names);
  });

  test('nothing by another field: the API server says so', async () => {
    const { code, err } = await kubectl(['-n', namespace, 'get', 'ifile', '--field-selector', 'spec.key=a']);
    expect(code).toBe(1);
    expect(err).toContain('field label not supported');
  });
});

type Node = { readonly properties?: Readonly<Record<string, Node>>; readonly items?: Node };

/** Every object of a schema with the names of its fields: explaining an object explains each of them. */
function objects(node: Node, path: string): readonly { readonly path: string; readonly fields: readonly string[] }[] {
  const { properties } = node.items ?? node;
  if (!properties) return [];
  return [
    { path, fields: Object.keys(properties) },
    ...Object.entries(properties).flatMap(([name, member]) => objects(member, `${path}.${name}`)),
  ];
}

describe.each(kinds.map((kind) => kind))('kubectl explain $plural', (kind) => {
  test('has a word on every field', async () => {
    const text = await readFile(new URL(`../../../crds/${fileOf(kind)}`, import.meta.url), 'utf8');
    const all = objects(parse(text).spec.versions[0].schema.openAPIV3Schema, kind.plural);
    const explained = await Promise.all(all.map(({ path }) => kubectlOk(['explain', path])));
    for (const [index, { path, fields }] of all.entries()) {
      const said = explained[index] ?? '';
      expect(said, path).not.toContain('<no description>');
      for (const field of fields) expect(said, path).toMatch(new RegExp(`^  ${field}\t<.*\n(  enum: .*\n)?    \\S`, 'm'));
    }
  });
});
