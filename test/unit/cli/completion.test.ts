import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { program } from '../../../src/cli/program.ts';
import { captured } from '../../support/cli/io.ts';

const folder = mkdtempSync(join(tmpdir(), 'spanferry-completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const kubeconfig = join(folder, 'config');
const context = (name: string) => ({ name, context: { cluster: 'any', user: 'any' } });
writeFileSync(
  kubeconfig,
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'kind',
    clusters: [{ name: 'any', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'any', user: { token: 'any' } }],
    contexts: [context('kind'), context('prod-eu'), context('prod-us')],
  }),
);

async function completed(words: readonly string[], KUBECONFIG = '/nowhere'): Promise<readonly string[]> {
  const { io, out, err } = captured({ env: { KUBECONFIG } });
  await program(io, ['node', 'spanferry', '__complete', '--', ...words], { operator: async () => 0 });
  expect(err()).toBe('');
  return out()
    .split('\n')
    .filter((line) => line !== '');
}

describe('the tabulator', () => {
  test.each<[sentence: string, words: readonly string[], expected: readonly string[]]>([
    ['knows every command', ['s'], ['status', 'scan', 'suspend']],
    ['also to ask for help', ['help', 'wa'], ['wait']],
    ['knows the options of a command', ['files', '--s'], ['--state', '--since', '--sort']],
    ['knows the shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['knows the words that an option takes', ['files', 'any', '-o', ''], ['json', 'yaml', 'wide', 'name']],
    ['also where several may be given', ['files', 'any', '--state', 'P'], ['Pending', 'Processing']],
    ['also in one word', ['wait', 'any', '--for=d'], ['--for=done']],
    ['and as bash splits it', ['wait', 'any', '--for', '=', 's'], ['scanned']],
    ['and where nothing stands behind the sign yet', ['wait', 'any', '--for', '='], ['done', 'scanned']],
    ['leaves files to the shell', ['validate', 'tr'], []],
    ['leaves a value that can be anything alone', ['wait', 'any', '--timeout', ''], []],
    ['says nothing where no cluster can be asked', ['status', ''], []],
    ['nor for a namespace', ['status', '-n', ''], []],
    ['nor of a command that there is not', ['stauts', ''], []],
  ])('%s', async (_sentence, words, expected) => {
    expect(await completed(words)).toEqual(expected);
  });

  test('knows the contexts of the kubeconfig', async () => {
    expect(await completed(['status', '--context', 'p'], kubeconfig)).toEqual(['prod-eu', 'prod-us']);
    expect(await completed(['status', '--kubeconfig', kubeconfig, '--context', 'p'])).toEqual(['prod-eu', 'prod-us']);
    expect(await completed(['status', '--context=prod-e'], kubeconfig)).toEqual(['--context=prod-eu']);
    expect(await completed(['status', `--kubeconfig=${kubeconfig}`, '--context', 'k'])).toEqual(['kind']);
  });
});
