import { credentials } from '../../kube/access.ts';
import { type ClusterChoice, namespaceOf, personKubeConfig } from '../../kube/kubeconfig.ts';
import { type Resources, resources } from '../../kube/resources.ts';
import { type Transport, transport } from '../../kube/transport.ts';
import { exitCodes } from '../options.ts';
import { clean } from '../terminal/clean.ts';
import type { Io } from '../terminal/io.ts';
import { endOf } from './trouble.ts';

/** Options that every command with a cluster knows, as kubectl does. */
export type ClusterOptions = ClusterChoice & { readonly namespace?: string };

/** A cluster under the hands of a command. */
export type Cluster = {
  readonly kube: Resources;
  readonly transport: Transport;
  readonly namespace: string;
  /** For sentences: "the cluster of context kind (https://127.0.0.1:6443)". */
  readonly where: string;
  readonly io: Io;
};

/** A person waits: a call is given up after this time, repetitions included. */
const DEADLINE_MS = 8_000;

/** Runs a command, and says in a sentence why it could not end well. `where` may become known on the way. */
export async function telling(where: string | (() => string), io: Io, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (thrown) {
    const end = endOf(thrown, typeof where === 'string' ? where : where());
    await io.err.write(`spanferry: ${clean(end.message)}\n`);
    return end.code;
  }
}

/** Opens the cluster that the options name and runs the command. */
export async function inCluster(options: ClusterOptions, io: Io, command: (cluster: Cluster) => Promise<number>): Promise<number> {
  let where = 'the cluster';
  let close = async (): Promise<void> => {};
  const opened = async (): Promise<number> => {
    const config = personKubeConfig(options, io.env);
    where = `the cluster of context ${config.getCurrentContext()} (${config.getCurrentCluster()?.server ?? 'no server'})`;
    const access = credentials(() => config, io.clock);
    // A plugin may ask a person to log in, which takes longer than any request may.
    await access.current();
    const api = transport({ credentials: access, clock: io.clock, userAgent: 'spanferry-cli', connections: 8 });
    close = api.close;
    const patient: Transport = { ...api, request: (call) => api.request({ deadlineMs: DEADLINE_MS, ...call }) };
    const namespace = options.namespace ?? namespaceOf(config);
    return command({ kube: resources(patient, io.clock), transport: patient, namespace, where, io });
  };
  return telling(() => where, io, opened).finally(() => close());
}

/** Says something beside the answer. */
export const remark = ({ io }: Pick<Cluster, 'io'>, sentence: string): Promise<void> => io.err.write(`spanferry: ${clean(sentence)}\n`);

export const { done, no: answerIsNo } = exitCodes;
