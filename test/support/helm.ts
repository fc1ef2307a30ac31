import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Printed } from './kubectl.ts';
import { toolPath } from './tools.ts';

/** Where the chart is. */
export const chart = fileURLToPath(new URL('../../charts/spanferry/', import.meta.url));

/** Undefined where there is no helm here. */
export const helmProgram = toolPath('helm');

export type Values = Readonly<Record<string, unknown>>;

export type Rendered = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
};

/** Runs helm; values go in as `-f -`. */
export async function helm(args: readonly string[], values?: Values): Promise<Printed> {
  const child = spawn(helmProgram ?? 'helm', [...args, ...(values ? ['--values', '-'] : [])], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(values ? JSON.stringify(values) : '');
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

/** Like `helm`, for what must succeed. */
export async function helmOk(args: readonly string[], values?: Values): Promise<string> {
  const { code, out, err } = await helm(args, values);
  if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${err}`);
  return out;
}

/** As on the oldest Kubernetes that the chart takes: what Helm supposes by itself depends on who built it. */
export const template: readonly string[] = ['template', 'spanferry', chart, '--kube-version', '1.32.0'];

/** What the chart makes of these values. */
export async function render(values: Values, namespace = 'spanferry', ...flags: readonly string[]): Promise<readonly Rendered[]> {
  const out = await helmOk([...template, '--namespace', namespace, ...flags], values);
  return parseAllDocuments(out).flatMap((document) => (document.contents ? [document.toJS() as Rendered] : []));
}
