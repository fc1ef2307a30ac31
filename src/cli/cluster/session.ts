import type { ClusterChoice } from '../../kube/kubeconfig.ts';
import type { Resources } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
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

/** Opens the cluster that the options name and runs the command. What it takes to open one is loaded here, and only here. */
export async function inCluster(options: ClusterOptions, io: Io, command: (cluster: Cluster) => Promise<number>): Promise<number> {
  let where = 'the cluster';
  return telling(
    () => where,
    io,
    async () => {
      const { connect } = await import('./connect.ts');
      const { cluster, close } = await connect(options, io, (found) => {
        where = found;
      });
      return command(cluster).finally(close);
    },
  );
}

/** Says something beside the answer. */
export const remark = ({ io }: Pick<Cluster, 'io'>, sentence: string): Promise<void> => io.err.write(`spanferry: ${clean(sentence)}\n`);

export const { done, no: answerIsNo } = exitCodes;
