import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { annotations } from '../../src/api/annotations.ts';
import { fileSpec, ledgerSpec } from '../support/api/manifests.ts';
import { eventually } from '../support/eventually.ts';
import { chart, helmOk, helmProgram, type Rendered, render } from '../support/helm.ts';
import { kubectl, kubectlOk, list } from '../support/kubectl.ts';
import { type Stage, stage } from '../support/stage.ts';
import { twoSpans } from './trace.ts';

const apiVersion = 'spanferry.io/v1alpha1';

let scene: Stage;
let folder: string;
/** The operator as the API server knows it, and what its pod would find. */
let operator: string;
let kubeconfig: string;

type TestPod = Rendered & { readonly spec: { readonly containers: readonly { readonly command: string[]; readonly args: string[] }[] } };

/** What `helm test` runs in its pod, run here: its exit code. */
async function asksWhetherReady(url: string): Promise<number | null> {
  const pod = (await render({})).find((object): object is TestPod => object.metadata.annotations?.['helm.sh/hook'] === 'test');
  const { command = [], args = [] } = pod?.spec.containers[0] ?? {};
  expect(command).toEqual(['/nodejs/bin/node', '--eval']);
  const child = spawn(process.execPath, ['--eval', ...args], { env: { READY: `${url}/readyz` }, stdio: 'ignore' });
  return new Promise((resolve) => child.on('close', resolve));
}

/** One installation for the whole file: its admission policy holds for the whole cluster. */
describe.skipIf(!helmProgram)('an installed release', () => {
  beforeAll(async () => {
    scene = await stage();
    const { namespace } = scene;
    const { kubeconfigPath } = inject('envtest');
    await helmOk(['install', 'spanferry', chart, '--namespace', namespace, '--kubeconfig', kubeconfigPath], { crds: { enabled: false } });
    operator = `system:serviceaccount:${namespace}:spanferry`;
    const token = (await scene.kubectl('create', 'token', 'spanferry', '--duration=1h')).trim();
    const admin = parse(await kubectlOk(['config', 'view', '--raw', '--minify', '--flatten']));
    folder = await mkdtemp(join(tmpdir(), 'spanferry-chart-'));
    kubeconfig = join(folder, 'kubeconfig');
    const users = [{ name: admin.users[0].name, user: { token } }];
    await writeFile(kubeconfig, stringify({ ...admin, users }), { mode: 0o600 });
  });
  afterAll(async () => {
    await helmOk(['uninstall', 'spanferry', '--namespace', scene.namespace, '--kubeconfig', inject('envtest').kubeconfigPath]);
    await scene.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('its ServiceAccount may do what it takes to ferry every span, and nothing is refused on the way', async () => {
    scene.s3.put(scene.bucket, 'checkout/a.json', twoSpans);
    const replica = await scene.start([], { KUBECONFIG: kubeconfig });
    await scene.source('checkout', { history: { completed: 0 } });
    const { status } = await eventually(
      () => scene.get('checkout'),
      (source) => source.status.totals?.files === 1 && source.status.ledger !== undefined,
    );
    expect(status.totals).toMatchObject({ files: 1, spans: 2 });
    expect(scene.collector.taken.size).toBe(2);
    // History 0: the record is deleted once the ledger has it.
    await eventually(
      () => scene.files('checkout'),
      (files) => files.length === 0,
    );
    await eventually(
      async () => JSON.parse(await scene.kubectl('get', 'events.events.k8s.io', '-o', 'json')) as { items: unknown[] },
      ({ items }) => items.length > 0,
    );
    expect(await asksWhetherReady(replica.url)).toBe(0);
    expect(await replica.stop()).toBe(0);
    expect(await asksWhetherReady(replica.url), 'a replica that is gone fails helm test').not.toBe(0);
    expect(replica.text()).not.toMatch(/ApiForbidden|not allowed to/);
  });

  const may: readonly (readonly [verb: string, resource: string, group?: string])[] = [
    ['get', 'secrets'],
    ['get', 'ingestionsources', 'spanferry.io'],
    ['list', 'ingestionsources', 'spanferry.io'],
    ['patch', 'ingestionfiles', 'spanferry.io'],
    ['update', 'ingestionledgers', 'spanferry.io'],
    ['create', 'events', 'events.k8s.io'],
    ['update', 'leases', 'coordination.k8s.io'],
  ];
  const mayNot: typeof may = [
    ['list', 'secrets'],
    ['watch', 'secrets'],
    ['update', 'secrets'],
    ['get', 'configmaps'],
    ['list', 'pods'],
    ['create', 'ingestionsources', 'spanferry.io'],
    ['update', 'ingestionsources', 'spanferry.io'],
    ['delete', 'ingestionsources', 'spanferry.io'],
    ['update', 'ingestionfiles', 'spanferry.io'],
    ['deletecollection', 'ingestionfiles', 'spanferry.io'],
    ['deletecollection', 'ingestionledgers', 'spanferry.io'],
    ['watch', 'leases', 'coordination.k8s.io'],
    ['list', 'events', 'events.k8s.io'],
    ['bind', 'clusterroles', 'rbac.authorization.k8s.io'],
  ];

  test('its ServiceAccount has no right beyond', async () => {
    const ask = async (questions: typeof may, namespace: string) => {
      const reviews = questions.map(([verb, resource, group = '']) => ({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: operator, groups: ['system:serviceaccounts'], resourceAttributes: { namespace, verb, resource, group } },
      }));
      const out = await kubectlOk(['create', '-o', 'jsonpath={.status.allowed}{"\\n"}', '-f', '-'], list(reviews));
      return out
        .trim()
        .split('\n')
        .map((word) => word === 'true');
    };
    expect(await ask(may, scene.namespace)).toEqual(may.map(() => true));
    expect(await ask(mayNot, scene.namespace)).toEqual(mayNot.map(() => false));
    expect(
      await ask(
        [
          ['get', 'leases', 'coordination.k8s.io'],
          ['get', 'secrets'],
        ],
        'default',
      ),
    ).toEqual([false, true]);
  });

  describe('its admission policy', () => {
    /** Somebody with every right on the namespace, as a team often has. */
    const tenant = ['--as', 'tenant@acme.example'] as const;
    const record = (name: string) => ({ apiVersion, kind: 'IngestionFile', metadata: { name }, spec: fileSpec });
    const segment = (name: string) => ({ apiVersion, kind: 'IngestionLedger', metadata: { name }, spec: ledgerSpec });
    const run = (who: readonly string[], args: readonly string[], input?: object) =>
      kubectl(['-n', scene.namespace, ...who, ...args], input && JSON.stringify(input));
    const asOperator = () => ['--as', operator] as const;

    beforeAll(async () => {
      await scene.kubectl('create', 'role', 'everything', '--verb=*', '--resource=*.spanferry.io,*.spanferry.io/status');
      await scene.kubectl('create', 'rolebinding', 'everything', '--role=everything', '--user=tenant@acme.example');
      await scene.source('triggered', { suspend: true });
      for (const object of [record('known'), segment('known')]) {
        const { code, err } = await run(asOperator(), ['create', '-f', '-'], object);
        expect(code, err).toBe(0);
      }
    });

    const refused: readonly (readonly [sentence: string, args: readonly string[], input: (() => object) | undefined, says: RegExp])[] = [
      ['make a record', ['create', '-f', '-'], () => record('forged'), /only the operator creates records and ledgers/],
      ['make a ledger', ['create', '-f', '-'], () => segment('forged'), /only the operator creates records and ledgers/],
      ['apply a record', ['apply', '--server-side', '-f', '-'], () => record('forged'), /only the operator creates/],
      [
        'give a record to a worker of their choice',
        ['patch', 'ifile', 'known', '--type=merge', '-p', '{"spec":{"worker":"mine"}}'],
        undefined,
        /only the operator changes the spec/,
      ],
      [
        'rewrite a ledger',
        ['patch', 'iledger', 'known', '--type=merge', '-p', '{"spec":{"data":"AAAA"}}'],
        undefined,
        /only the operator changes the spec/,
      ],
    ];
    test.each(refused)('does not let a tenant %s', async (_sentence, args, input, says) => {
      const { code, err } = await run(tenant, args, input?.());
      expect(code).not.toBe(0);
      expect(err).toMatch(says);
    });

    test.each([
      [
        'a trigger that is misspelt',
        'spanferry.io/retyr',
        'nothing comes of spanferry.io/retyr here; there are spanferry.io/retry, spanferry.io/force',
      ],
      ['a trigger of the other kind', annotations.retryFailed, 'nothing comes of spanferry.io/retry-failed here'],
    ])('warns of %s, and lets it pass', async (_sentence, annotation, says) => {
      const { code, err } = await run(tenant, ['annotate', 'ifile', 'known', `${annotation}=1`]);
      expect(code, err).toBe(0);
      expect(err).toContain(`Warning: `);
      expect(err).toContain(says);
      await run(tenant, ['annotate', 'ifile', 'known', `${annotation}-`]);
    });

    test.each(Object.values(annotations))('says nothing about %s where it belongs', async (annotation) => {
      const isOfFile = annotation === annotations.retry || annotation === annotations.force;
      const of = isOfFile ? ['ifile', 'known'] : ['isrc', 'triggered'];
      const { code, err } = await run(tenant, ['annotate', ...of, `${annotation}=1`]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      await run(tenant, ['annotate', ...of, `${annotation}-`]);
    });

    test('lets a tenant pull a trigger and delete a record', async () => {
      for (const args of [
        ['annotate', 'ifile', 'known', 'spanferry.io/retry=1'],
        ['delete', 'ifile', 'known'],
        ['delete', 'iledger', 'known'],
      ]) {
        const { code, err } = await run(tenant, args);
        expect(code, err).toBe(0);
      }
    });
  });
});
