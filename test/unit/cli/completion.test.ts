import { describe, expect, test } from 'vitest';
import { program } from '../../../src/cli/program.ts';
import { captured } from '../../support/cli/io.ts';

async function completed(...words: readonly string[]): Promise<readonly string[]> {
  const { io, out } = captured({ env: { KUBECONFIG: '/nowhere' } });
  await program(io, ['node', 'spanferry', '__complete', '--', ...words], { operator: async () => 0 });
  return out()
    .split('\n')
    .filter((line) => line !== '');
}

describe('the tabulator', () => {
  test.each<[sentence: string, words: readonly string[], expected: readonly string[]]>([
    ['knows every command', ['s'], ['status', 'scan', 'suspend']],
    ['knows the options of a command', ['files', '--s'], ['--state', '--since', '--sort']],
    ['knows the shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['leaves files to the shell', ['validate', 'tr'], []],
    ['leaves the value of an option alone', ['status', '-n', ''], []],
    ['says nothing where no cluster can be asked', ['status', ''], []],
    ['nor of a command that there is not', ['stauts', ''], []],
  ])('%s', async (_sentence, words, expected) => {
    expect(await completed(...words)).toEqual(expected);
  });
});
