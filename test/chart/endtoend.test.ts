import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { chart, helmOk, helmProgram } from '../support/helm.ts';
import { kubectlOk } from '../support/kubectl.ts';
import { type Replica, startReplica } from '../support/replica.ts';

type Deployment = {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } } };
};

const namespace = 'spanferry-endtoend';
const release = ['--namespace', namespace, '--kubeconfig'] as const;

/** `npm run kind` without kind: there is no kubelet here, so a process with the arguments and the ServiceAccount of the pod stands for it. */
describe.skipIf(!helmProgram)('an installed release', () => {
  let folder: string;
  let pod: Replica;

  beforeAll(async () => {
    const { kubeconfigPath } = inject('envtest');
    folder = await mkdtemp(join(tmpdir(), 'spanferry-endtoend-'));
    await kubectlOk(['create', 'namespace', namespace]);
    await helmOk(['install', 'spanferry', chart, ...release, kubeconfigPath], { crds: { enabled: false } });
    const token = (await kubectlOk(['-n', namespace, 'create', 'token', 'spanferry', '--duration=1h'])).trim();
    const admin = parse(await kubectlOk(['config', 'view', '--raw', '--minify', '--flatten']));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, stringify({ ...admin, users: [{ name: admin.users[0].name, user: { token } }] }), { mode: 0o600 });
    const deployment: Deployment = JSON.parse(await kubectlOk(['-n', namespace, 'get', 'deployment', 'spanferry', '-o', 'json']));
    const [, ...args] = deployment.spec.template.spec.containers[0]?.args ?? [];
    const flags = args.filter((flag) => !flag.startsWith('--listen'));
    // What a test has is on loopback here, where no pod could reach it.
    pod = await startReplica([...flags, '--allow-loopback'], {
      KUBECONFIG: kubeconfig,
      SPANFERRY_NAME: 'pod-0',
      SPANFERRY_NAMESPACE: namespace,
    });
  });
  afterAll(async () => {
    await pod.stop();
    await helmOk(['uninstall', 'spanferry', ...release, inject('envtest').kubeconfigPath]);
    await rm(folder, { recursive: true, force: true });
  });

  /** A part of them, for all take two minutes. */
  const some = ['test/cluster/operator/content.test.ts', '-t', 'arrives as it was written'];

  test('passes end-to-end files, as on kind', async () => {
    const { kubeconfigPath, binaries } = inject('envtest');
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'hack/installed.ts', ...some], {
      env: {
        PATH: `${dirname(binaries?.kubectl ?? '')}:${process.env.PATH}`,
        HOME: folder,
        NO_COLOR: '1',
        KUBECONFIG: kubeconfigPath,
        SPANFERRY_TEST_HOST: '127.0.0.1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    expect(code, `${out}${err}`).toBe(0);
    expect(out, 'all of them ran').toMatch(/Tests.* 11 passed/);
  }, 120_000);

  test.each([
    ['no cluster', {}, /KUBECONFIG has to name the file of a cluster/],
    ['no address', { KUBECONFIG: '/dev/null' }, /SPANFERRY_TEST_HOST has to be an address of this machine that pods reach; it is not set/],
    ['a name for an address', { KUBECONFIG: '/dev/null', SPANFERRY_TEST_HOST: 'localhost' }, /it is localhost/],
  ])('with %s it is told in a sentence', async (_what, env, says) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'hack/installed.ts'], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    expect(await text(child.stderr)).toMatch(says);
    expect(await ended).toBe(2);
  });
});
