import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { find, keep } from '../../../hack/tools/cache.ts';
import { fetchFile } from '../../../hack/tools/fetch.ts';
import { type Tool, tools, variableOf } from '../../../hack/tools/manifest.ts';
import { take } from '../../../hack/tools/ways.ts';

const tool: Tool = {
  name: 'abacus',
  version: '1.2.3',
  usedFor: 'counting',
  programs: ['abacus'],
  folderVariable: 'ABACUS_HOME',
  ways: [],
  remedy: '',
};

const program = (folder: string) => writeFileSync(join(folder, 'abacus'), '#!/bin/sh\n', { mode: 0o755 });

const folders: string[] = [];
const temporary = () => {
  const folder = mkdtempSync(join(tmpdir(), 'spanferry-unit-'));
  folders.push(folder);
  return folder;
};

afterEach(() => {
  vi.unstubAllEnvs();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('the cache of tools', () => {
  test('keeps what was prepared, with the word where it came from', async () => {
    vi.stubEnv('XDG_CACHE_HOME', temporary());
    expect(find(tool)).toBeUndefined();
    await keep(tool, 'go build', async (folder) => program(folder));
    expect(find(tool)).toMatchObject({ from: 'go build' });
  });

  test('keeps nothing when a program is missing in the end', async () => {
    vi.stubEnv('XDG_CACHE_HOME', temporary());
    await expect(keep(tool, 'download', async () => {})).rejects.toThrow('abacus did not come out of it');
    expect(find(tool)).toBeUndefined();
  });

  test('the variable of a tool goes before the cache, and a wrong one is not passed over', () => {
    const folder = temporary();
    vi.stubEnv('ABACUS_HOME', folder);
    expect(() => find(tool)).toThrow('ABACUS_HOME is set to');
    program(folder);
    expect(find(tool)).toEqual({ folder, from: '$ABACUS_HOME' });
  });
});

describe('the manifest', () => {
  test.each(tools)('$name has a pinned version and a remedy', ({ version, remedy, ways }) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(remedy).not.toBe('');
    expect(ways.length).toBeGreaterThan(0);
  });

  test('a program is announced under a name that a shell accepts', () => {
    expect(variableOf('kube-apiserver')).toBe('SPANFERRY_TOOL_KUBE_APISERVER');
  });
});

describe('a program that is on the PATH', () => {
  test('is linked under its first name, and taken by whichever name it has', async () => {
    const [place, folder] = [temporary(), temporary()];
    program(place);
    vi.stubEnv('PATH', `/nowhere:${place}`);
    await take({ by: 'PATH', names: ['counter', 'abacus'] }, '1.2.3', folder);
    expect(realpathSync(join(folder, 'counter'))).toBe(realpathSync(join(place, 'abacus')));
  });

  test('is asked for by all its names where it is not', async () => {
    vi.stubEnv('PATH', temporary());
    await expect(take({ by: 'PATH', names: ['counter', 'abacus'] }, '1.2.3', temporary())).rejects.toThrow(
      'none of counter, abacus is on the PATH',
    );
  });
});

describe('a download', () => {
  let server: Server | undefined;
  const serve = async (answer: (path: string) => number | 'silence'): Promise<string> => {
    server = createServer((request, response) => {
      const code = answer(request.url ?? '');
      if (code === 'silence') return;
      response.writeHead(code).end('content');
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  test('brings the bytes', async () => {
    expect((await fetchFile(await serve(() => 200))).toString()).toBe('content');
  });

  test('names the host and the answer when it is refused', async () => {
    await expect(fetchFile(await serve(() => 404))).rejects.toThrow(/127\.0\.0\.1:\d+ answered 404/);
  });

  test('gives up on an address that never answers', async () => {
    await expect(fetchFile(await serve(() => 'silence'), 50)).rejects.toThrow(/did not answer within 0.05 s/);
  });
});
