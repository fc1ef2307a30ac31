import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseFile, parseSource } from '../../../src/api/parse.ts';
import { fileSpec, objectOf } from '../../support/api/manifests.ts';
import { kubectlOk } from '../../support/kubectl.ts';

const namespace = 'api-objects';
const inNamespace = (args: readonly string[], input?: string) => kubectlOk(['-n', namespace, ...args], input);
const get = async (what: string): Promise<Readonly<Record<string, unknown>>> => JSON.parse(await inNamespace(['get', what, '-o', 'json']));

const samples = new URL('../../../config/samples/', import.meta.url);

/** The IngestionSources of config/samples. */
async function sampleSources(): Promise<readonly { readonly metadata: { readonly name: string }; readonly spec: object }[]> {
  const texts = await Promise.all((await readdir(samples)).sort().map((file) => readFile(new URL(file, samples), 'utf8')));
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
  return objects.filter(({ kind }) => kind === 'IngestionSource');
}

beforeAll(async () => {
  await kubectlOk(['create', 'namespace', namespace]);
});

describe('the samples', () => {
  beforeAll(async () => {
    await inNamespace(['apply', '-f', samples.pathname]);
  });

  test('come back from the API server as they were written, with the defaults that the operator, too, would fill in', async () => {
    const written = await sampleSources();
    const stored = JSON.parse(await inNamespace(['get', 'ingestionsources', '-o', 'json']));
    const specs = new Map<string, unknown>(
      stored.items.map((item: { metadata: { name: string }; spec: unknown }) => [item.metadata.name, item.spec]),
    );
    expect(written.length).toBeGreaterThanOrEqual(11);
    for (const source of written) {
      const parsed = parseSource(source);
      expect(specs.get(source.metadata.name)).toMatchObject(source.spec);
      expect(parsed).toMatchObject({ ok: true });
      if (parsed.ok) expect(specs.get(source.metadata.name)).toEqual(parsed.value.spec);
    }
  });

  test('cover every store with every way to authenticate', async () => {
    const ways = (await sampleSources()).flatMap((source) => {
      const parsed = parseSource(source);
      return parsed.ok
        ? Object.entries(parsed.value.spec.store).map(([kind, store]) => `${kind} ${'auth' in store ? store.auth.type : 'keys'}`)
        : [];
    });
    expect([...new Set(ways)].sort()).toEqual([
      'azureBlob AccountKey',
      'azureBlob ConnectionString',
      'azureBlob SAS',
      'azureBlob WorkloadIdentity',
      'azureMonitor None',
      'azureMonitor WorkloadIdentity',
      'cloudTrace None',
      'cloudTrace ServiceAccountKey',
      'cloudTrace WorkloadIdentity',
      'datadog keys',
      'gcs None',
      'gcs ServiceAccountKey',
      'gcs WorkloadIdentity',
      's3 AccessKey',
      's3 IAMRole',
      'xray AccessKey',
      'xray IAMRole',
    ]);
  });
});

test('server-side apply of the same manifest changes nothing', async () => {
  const manifest = JSON.stringify(
    objectOf({ title: '', kind: 'IngestionSource', spec: { store: { s3: { bucket: 'acme-traces' } } } }, 'twice'),
  );
  const apply = async () => JSON.parse(await inNamespace(['apply', '--server-side', '-o', 'json', '-f', '-'], manifest));
  await apply();
  // The default of status is made up at each read and stored with the next write, whatever it is about.
  await inNamespace(['annotate', 'isrc/twice', 'spanferry.io/scan=t1']);
  const first = await apply();
  const second = await apply();
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  expect(second.metadata.generation).toBe(1);
});

describe('status', () => {
  test('of a new source says that nothing was handled yet', async () => {
    await inNamespace(
      ['create', '-f', '-'],
      JSON.stringify(objectOf({ title: '', kind: 'IngestionSource', spec: { store: { gcs: { bucket: 'abc' } } } }, 'new')),
    );
    expect((await get('isrc/new')).status).toEqual({ observedGeneration: -1 });
  });

  test('of a new record is Pending without a second write', async () => {
    await inNamespace(['create', '-f', '-'], JSON.stringify(objectOf({ title: '', kind: 'IngestionFile', spec: fileSpec }, 'new')));
    const stored = await get('ifile/new');
    expect(stored.status).toEqual({ state: 'Pending', attempts: 0, retries: 0 });
    expect(parseFile(stored)).toMatchObject({ ok: true, value: { spec: fileSpec, status: stored.status } });
  });

  test('and spec are written apart: each write leaves the other alone', async () => {
    const status = { state: 'Completed', attempts: 1, retries: 0, spans: 412, services: ['checkout'] };
    const record = objectOf({ title: '', kind: 'IngestionFile', spec: fileSpec }, 'apart');
    await inNamespace(['create', '-f', '-'], JSON.stringify({ ...record, status }));
    expect((await get('ifile/apart')).status).toMatchObject({ state: 'Pending' });

    const patch = JSON.stringify({ spec: { worker: 'other' }, status });
    await inNamespace(['patch', 'ifile/apart', '--type=merge', '--subresource=status', '-p', patch]);
    expect(await get('ifile/apart')).toMatchObject({ spec: fileSpec, status, metadata: { generation: 1 } });

    await inNamespace(['patch', 'ifile/apart', '--type=merge', '-p', JSON.stringify({ spec: { worker: 'other' }, status: { spans: 1 } })]);
    expect(await get('ifile/apart')).toMatchObject({ spec: { worker: 'other' }, status, metadata: { generation: 2 } });
  });
});
