import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Access, credentials } from '../../../src/kube/access.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import { findKubeConfig } from '../../../src/kube/kubeconfig.ts';
import { transport } from '../../../src/kube/transport.ts';
import { type Clock, systemClock } from '../../../src/std/clock.ts';
import { createAuthority } from '../../support/certificates.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

let folder: string;
const place = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spanferry-access-'));
  await writeFile(place('token'), 'first\n');
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

type Shape = { readonly server?: string; readonly user?: object; readonly cluster?: object };

/** A kubeconfig that names files, as the ServiceAccount of a pod does. */
async function config({ server = 'https://10.0.0.1:6443', user = { tokenFile: 'token' }, cluster = {} }: Shape = {}): Promise<string> {
  const content = {
    clusters: [{ name: 'here', cluster: { server, ...cluster } }],
    users: [{ name: 'operator', user }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'operator' } }],
    'current-context': 'here',
  };
  await writeFile(place('config'), JSON.stringify(content, undefined, 1));
  return place('config');
}

const load = () => findKubeConfig({ kubeconfig: place('config') }, {});
const tokenOf = ({ headers }: Access) => headers.Authorization?.replace('Bearer ', '');

/** Both clocks: ours, and the wall clock that client-node looks at. */
function turned() {
  vi.useFakeTimers({ toFake: ['Date'] });
  const clock = virtualClock();
  const advance = async (ms: number) => {
    vi.setSystemTime(Date.now() + ms);
    await clock.advance(ms);
  };
  return { clock, advance };
}

describe('a token in a file', () => {
  test('that was rotated is used a minute later at most, without being refused first', async () => {
    const { clock, advance } = turned();
    await config();
    const { current } = credentials(load, clock);
    expect(tokenOf(await current())).toBe('first');
    await writeFile(place('token'), 'second');
    await advance(59_000);
    expect(tokenOf(await current())).toBe('first');
    await advance(2_000);
    expect(tokenOf(await current())).toBe('second');
  });

  test('that is refused is read again at once, but not for every request', async () => {
    const { clock, advance } = turned();
    await config();
    const { current, renew } = credentials(load, clock);
    const refused = await current();
    await writeFile(place('token'), 'second');
    const renewed = await renew(refused);
    expect(tokenOf(renewed)).toBe('second');
    expect(await renew(refused)).toBe(renewed);
    await writeFile(place('token'), 'third');
    expect(await renew(renewed)).toBe(renewed);
    await advance(10_000);
    expect(tokenOf(await renew(renewed))).toBe('third');
  });

  test('that is not there for a moment does not take away the one in use', async () => {
    const { clock, advance } = turned();
    await config();
    const { current } = credentials(load, clock);
    await current();
    await rm(place('token'));
    await advance(61_000);
    expect(tokenOf(await current())).toBe('first');
    await writeFile(place('token'), 'second');
    await advance(61_000);
    expect(tokenOf(await current())).toBe('second');
  });
});

describe('a kubeconfig', () => {
  test('that is half written when a token is refused is told as trouble with credentials, and read again later', async () => {
    const { clock, advance } = turned();
    await config();
    const { current, renew } = credentials(load, clock);
    const refused = await current();
    await writeFile(place('config'), '{"clusters": [{"name": "here", "token": "hunter2');
    const broken = await renew(refused).catch((thrown) => thrown);
    expect(broken).toBeInstanceOf(KubeError);
    expect(broken.failure.message).toMatch(/^the kubeconfig \S+ cannot be read/);
    expect(broken.message).not.toContain('hunter2');
    await config({ user: { token: 'whole' } });
    await advance(10_000);
    expect(tokenOf(await renew(refused))).toBe('whole');
  });

  const wrong: readonly [sentence: string, shape: Shape, says: string][] = [
    ['that names a server in words of its own', { server: 'my server' }, 'is no URL; it looks like https://'],
    ['that names a server without TLS', { server: 'http://10.0.0.1:8080' }, 'without TLS; if that is meant, set insecure-skip-tls-verify'],
    ['whose token is in a file that is not there', { user: { tokenFile: 'nowhere' } }, 'cannot be obtained: ENOENT'],
    [
      'whose plugin fails and prints a secret',
      { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', 'echo hunter2 >&2; exit 1'] } } },
      'the credential that the kubeconfig names cannot be obtained',
    ],
  ];
  test.each(wrong)('%s is told in a sentence', async (_sentence, shape, says) => {
    await config(shape);
    const { current } = credentials(load, systemClock);
    const thrown = await current().catch((error) => error);
    expect(thrown).toBeInstanceOf(KubeError);
    expect(thrown.message).toContain(says);
    expect(thrown.message).not.toContain('hunter2');
  });

  test('leads through the proxy of the environment, unless it names one itself', async () => {
    const found = async (cluster: object) => {
      await config({ cluster });
      return credentials(
        () => findKubeConfig({ kubeconfig: place('config') }, { HTTPS_PROXY: 'http://company:3128' }),
        systemClock,
      ).current();
    };
    expect((await found({})).proxy).toBe('http://company:3128');
    expect((await found({ 'proxy-url': 'http://own:3128' })).proxy).toBe('http://own:3128');
  });

  test('that is no YAML is told with the line and without what stands in it', async () => {
    await writeFile(place('config'), 'users:\n- name: a\n  user:\n    token: hunter2: oops\n');
    expect(load).toThrow(/: the kubeconfig \S+ cannot be read \(it is no YAML at line 4\)$/);
  });
});

test('a server whose certificate comes from a new authority is trusted once the file of the authority has followed', async () => {
  const [before, after] = [createAuthority('before'), createAuthority('after')];
  const server = createServer(before.issue('apiserver'), (_request, response) => void response.end('{"ok":true}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await writeFile(place('ca.crt'), before.ca);
  await config({
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    user: { token: 'any' },
    cluster: { 'certificate-authority': 'ca.crt' },
  });
  let minutes = 0;
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + minutes * 61_000 };
  const api = transport({ credentials: credentials(load, clock), clock, userAgent: 'spanferry-test' });
  onTestFinished(async () => {
    await api.close();
    server.closeAllConnections();
    server.close();
    for (const authority of [before, after]) authority.close();
  });
  const get = (deadlineMs = 10_000) =>
    api.request({ verb: 'get', resource: 'leases', namespace: 'ml', name: 'a', method: 'GET', path: '/', deadlineMs });

  expect(await get()).toEqual({ ok: true });
  server.setSecureContext(after.issue('apiserver'));
  server.closeAllConnections();
  await expect(get(500)).rejects.toMatchObject({ failure: { reason: 'ApiUnavailable' } });
  await writeFile(place('ca.crt'), after.ca);
  minutes += 1;
  expect(await get()).toEqual({ ok: true });
});
