import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { type Said, spanferry } from '../../support/cli/person.ts';
import { controlPlane } from '../../support/controlplane.ts';
import { eventually } from '../../support/eventually.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { freePort } from '../../support/process.ts';
import { type Stage, stage } from '../../support/stage.ts';

// No operator runs here.
let scene: Stage;
/** For what would show in the answers of the others. */
let elsewhere: Stage;
let folder: string;
beforeAll(async () => {
  [scene, elsewhere] = [await stage(), await stage()];
  folder = await mkdtemp(join(tmpdir(), 'kubeconfigs-'));
  await scene.source('checkout');
  // Those of an operator that ran a moment ago.
  const leases = await scene.kubectl(
    'get',
    'leases',
    '-A',
    '-l',
    'spanferry.io/role=worker',
    '-o',
    'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\\n"}{end}',
  );
  for (const [namespace = '', name = ''] of leases
    .trim()
    .split('\n')
    .map((line) => line.split(' '))) {
    if (name !== '') await scene.kubectl('delete', 'lease', name, '-n', namespace);
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await scene.close();
  await elsewhere.close();
});

const run = (...args: readonly string[]): Promise<Said> => spanferry(scene.namespace, args);
const refused = (code: number, err: string | RegExp) => ({ code, out: '', err: expect.stringMatching(err) });

type User = Readonly<Record<string, unknown>>;

/** A kubeconfig of one's own, and the environment that names it. */
async function kubeconfig(name: string, user: User, cluster: Readonly<Record<string, unknown>> = {}) {
  const { server, caPem } = inject('envtest');
  const file = join(folder, `${name}.yaml`);
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64'), ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: scene.namespace } }],
  };
  await writeFile(file, JSON.stringify(content));
  return { env: { KUBECONFIG: file } };
}

/** A ServiceAccount that may do what these rules say, and its token. */
async function account(name: string, ...verbs: readonly string[]): Promise<string> {
  await scene.kubectl('create', 'serviceaccount', name);
  if (verbs.length > 0) {
    await scene.kubectl(
      'create',
      'role',
      name,
      `--verb=${verbs.join(',')}`,
      '--resource=ingestionsources.spanferry.io,ingestionfiles.spanferry.io',
    );
    await scene.kubectl('create', 'rolebinding', name, `--role=${name}`, `--serviceaccount=${scene.namespace}:${name}`);
  }
  return (await scene.kubectl('create', 'token', name)).trim();
}

describe.concurrent('a mistake is told in one sentence with its mend:', () => {
  test('a source that is in another namespace', async () => {
    expect(await spanferry('default', ['status', 'checkout'])).toEqual(
      refused(
        1,
        `^spanferry: there is no source checkout in namespace default; there is one in ${scene.namespace}: add -n ${scene.namespace}\n$`,
      ),
    );
  });

  test('a source that is nowhere', async () => {
    expect(await run('status', 'chekout')).toEqual(
      refused(1, /^spanferry: there is no source chekout in namespace stage-\S+; there is checkout\n$/),
    );
    expect(await spanferry('default', ['status', 'nothing'])).toEqual(refused(1, 'nor any other: name the right namespace with -n\n$'));
  });

  test('a right that is missing', async () => {
    const blind = await kubeconfig('blind', { token: await account('blind') });
    expect(await spanferry(scene.namespace, ['status'], blind)).toEqual(
      refused(
        1,
        /^spanferry: not allowed to list ingestionsources in namespace \S+: .*Ask for the ClusterRole spanferry-viewer in that namespace, or spanferry-editor to change things\.\n$/,
      ),
    );
    const reader = await kubeconfig('reader', { token: await account('reader', 'get', 'list') });
    expect(await spanferry(scene.namespace, ['status', 'checkout'], reader)).toMatchObject({ code: 0, err: '' });
    expect(await spanferry(scene.namespace, ['suspend', 'checkout'], reader)).toEqual(
      refused(1, /^spanferry: not allowed to patch ingestionsources checkout in namespace/),
    );
    expect(await spanferry('default', ['status', 'checkout'], reader)).toEqual(
      refused(1, /^spanferry: not allowed to get ingestionsources checkout in namespace default/),
    );
  });

  test('kinds that are not installed', async () => {
    const bare = await controlPlane();
    try {
      const file = join(folder, 'bare.yaml');
      await writeFile(file, bare.kubeconfig);
      for (const args of [['status'], ['status', 'checkout'], ['files', 'checkout'], ['scan', '--all']]) {
        expect(await spanferry('default', args, { env: { KUBECONFIG: file } })).toEqual(
          refused(1, /^spanferry: the cluster of context \S+ \(https:\S+\) does not know the kinds of Spanferry: install its CRDs /),
        );
      }
      expect(await spanferry('default', ['version'], { env: { KUBECONFIG: file } })).toMatchObject({
        code: 1,
        out: expect.stringContaining('kinds       not installed'),
      });
    } finally {
      await bare.stop();
    }
  });

  test('an operator that does not run', async () => {
    for (const args of [
      ['scan', 'checkout'],
      ['test', 'checkout'],
      ['retry', 'checkout', '--all-failed'],
    ]) {
      expect(await run(...args, '--timeout', '1s')).toEqual(
        refused(1, /^spanferry: checkout: no operator is running in this cluster: install it with Helm; kubectl get pods/),
      );
    }
    const { code, out } = await run('status', 'checkout');
    expect(code).toBe(0);
    expect(out).toMatch(/^! no operator is running in this cluster/);
    expect(out).toContain('no operator has looked at it yet');
  });

  test('an answer that does not come keeps nobody from hearing of the others', async () => {
    for (const name of ['orders', 'returns']) await elsewhere.source(name);
    const said = await spanferry(elsewhere.namespace, ['scan', 'orders', 'returns', '--timeout', '1s']);
    expect(said).toMatchObject({ code: 1, out: '' });
    expect(said.err).toMatch(/^spanferry: orders: no operator .*\nspanferry: returns: no operator .*\n$/);
  });

  test('a field that somebody else looks after', async () => {
    await elsewhere.source('theirs');
    const args = ['create', 's3://acme-traces/elsewhere/', '--name', 'theirs', '--interval', '5m', '--apply'];
    const said = await spanferry(elsewhere.namespace, args);
    expect(said).toEqual(
      refused(1, /^spanferry: cannot apply ingestionsources theirs in namespace \S+: .*conflict.*kubectl.*\. Change it there, or /),
    );
  });

  test('a forget that is interrupted leaves the source as it was', async () => {
    await elsewhere.source('interrupted');
    const args = ['forget', 'interrupted', '-n', elsewhere.namespace, '--yes', '--timeout', '50s'];
    const child = spawn(process.execPath, [inject('spanferry'), ...args], { env: { KUBECONFIG: inject('envtest').kubeconfigPath } });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    await eventually(
      () => elsewhere.get('interrupted'),
      ({ spec }) => spec.suspend,
    );
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect({ code, err }).toEqual({ code: 1, err: 'spanferry: interrupted before anything was forgotten: interrupted goes on\n' });
    expect((await elsewhere.get('interrupted')).spec.suspend).toBe(false);
  });

  test('a cluster that cannot be reached', async () => {
    const closed = await kubeconfig('closed', { token: 'any' }, { server: `https://127.0.0.1:${await freePort()}` });
    expect(await spanferry('default', ['status'], closed)).toEqual(
      refused(
        3,
        /^spanferry: the cluster of context closed \(https:\S+\) cannot be reached: cannot list ingestionsources in namespace default: ECONNREFUSED\. Check /,
      ),
    );
  });

  test('a credential that is not accepted', async () => {
    const expired = await kubeconfig('expired', { token: 'long-gone' });
    const said = await spanferry('default', ['status'], expired);
    expect(said).toEqual(refused(3, /does not accept your credential: .*Log in again, or name another context with --context\.\n$/));
    expect(said.err).not.toContain('long-gone');
  });

  test('a plugin that is not there', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin', interactiveMode: 'Never' };
    expect(await spanferry('default', ['status'], await kubeconfig('plugin', { exec }))).toEqual(
      refused(3, /the kubeconfig names the credential plugin no-such-plugin, which is not in the PATH\. /),
    );
  });

  test('a plugin that fails: its own words are shown, as kubectl shows them', async () => {
    const script = "console.error('the login has expired: run acme-login'); process.exit(1)";
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
      interactiveMode: 'Never',
    };
    expect(await spanferry('default', ['status'], await kubeconfig('failing', { exec }))).toEqual(
      refused(3, /^the login has expired: run acme-login\nspanferry: .* the credential that the kubeconfig names cannot be obtained/),
    );
  });

  test('no kubeconfig, and a context that it does not have', async () => {
    expect(await spanferry('default', ['status'], { env: { KUBECONFIG: '' } })).toEqual(
      refused(3, /^spanferry: the cluster cannot be reached: there is no kubeconfig \(\/nonexistent\/\.kube\/config\)\. /),
    );
    expect(await run('status', '--kubeconfig', '/nowhere')).toEqual(refused(3, 'there is no kubeconfig /nowhere'));
    expect(await run('status', '--context', 'prod')).toEqual(refused(3, 'the kubeconfig has no context prod; it has '));
  });

  test('a kubeconfig that cannot be read keeps what is in it to itself', async () => {
    const file = join(folder, 'broken.yaml');
    await writeFile(file, 'users:\n- name: a\n  user: {token: s3cr3t\n');
    const said = await spanferry('default', ['status'], { env: { KUBECONFIG: file } });
    expect(said).toEqual(refused(3, 'cannot be read'));
    expect(said.err).not.toContain('s3cr3t');
  });
});

describe.concurrent('who somebody is, is found as kubectl finds it:', () => {
  const plugin = (token: string) =>
    `process.env.KUBERNETES_EXEC_INFO && console.log(JSON.stringify({kind: 'ExecCredential', apiVersion: JSON.parse(process.env.KUBERNETES_EXEC_INFO).apiVersion, status: {token: '${token}'}}))`;
  const shown = { code: 0, out: expect.stringContaining('checkout'), err: '' };

  test('a credential plugin, which is told what it is asked for', async () => {
    const script = join(folder, 'plugin.mjs');
    await writeFile(script, plugin(await account('by-plugin', 'get', 'list')));
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [script],
      interactiveMode: 'Never',
      provideClusterInfo: true,
    };
    expect(await spanferry(scene.namespace, ['status'], await kubeconfig('exec', { exec }))).toEqual(shown);
  });

  test('a token in a file', async () => {
    const file = join(folder, 'token');
    await writeFile(file, await account('by-file', 'get', 'list'));
    expect(await spanferry(scene.namespace, ['status'], await kubeconfig('token-file', { tokenFile: file }))).toEqual(shown);
  });

  test('a client certificate, and the namespace of the context', async () => {
    const { certPem, keyPem } = inject('envtest');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const user = { 'client-certificate-data': base64(certPem), 'client-key-data': base64(keyPem) };
    const { env } = await kubeconfig('certificate', user);
    const { code, out } = await spanferry(scene.namespace, ['status'], { env });
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(`namespace ${scene.namespace}`) });
  });

  test('through the proxy of the environment, to a server whose name only the proxy knows', async () => {
    const proxy = await startForwardProxy(inject('envtest').server);
    onTestFinished(() => proxy.close());
    const user = { token: await account('behind-proxy', 'get', 'list') };
    const { env } = await kubeconfig('proxied', user, { server: 'https://api.acme.example:6443', 'tls-server-name': 'localhost' });
    expect(await spanferry(scene.namespace, ['status'], { env: { ...env, HTTPS_PROXY: proxy.url } })).toEqual(shown);
    expect(proxy.asked).toContain('CONNECT api.acme.example:6443');
  });

  test('several files, of which the first word counts', async () => {
    const [one, two] = [
      await kubeconfig('first', { token: await account('several', 'get', 'list') }),
      await kubeconfig('second', { token: 'none' }),
    ];
    const KUBECONFIG = `/not/there:${one.env.KUBECONFIG}:${two.env.KUBECONFIG}`;
    expect(await spanferry(scene.namespace, ['status'], { env: { KUBECONFIG } })).toEqual(shown);
    expect(await spanferry(scene.namespace, ['status', '--context', 'second'], { env: { KUBECONFIG } })).toMatchObject({ code: 3 });
  });
});
