import { describe, expect, test } from 'vitest';
import { program } from '../../../src/cli/program.ts';
import { captured } from '../../support/cli/io.ts';

const trace = new URL('../../fixtures/views/hostile.json', import.meta.url).pathname;

describe('a file where there should be something else', () => {
  test.each<[command: string, args: readonly string[], says: string]>([
    ['view', [trace, trace], `view takes one file; after the name of a source it takes a key, but ${trace} is a file`],
    [
      'preview',
      [trace],
      `${trace} is a file, but preview looks at a source, a location or a manifest (-f FILE); \`validate\` and \`view\` look at files`,
    ],
  ])('is told to whoever says %s, and no cluster is asked', async (command, args, says) => {
    const { io, out, err } = captured({ env: { KUBECONFIG: '/nowhere' } });
    const code = await program(io, ['node', 'spanferry', command, ...args], { operator: async () => 0 });
    expect({ code, out: out(), err: err() }).toEqual({ code: 2, out: '', err: `spanferry: ${says}\n` });
  });
});
