import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import type { IngestionFile } from '../../src/api/ingestionfile.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import type { ControlPlane } from '../../test/support/controlplane.ts';

/** A table as the API server prepares it for kubectl, with the object of each row. */
export type Table<T> = {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: T }[];
};

export type Seen = { readonly sources: Table<IngestionSource>; readonly files: Table<IngestionFile> };

/** The way to the cluster of the demo: kubectl for what a person would type, and the tables that kubectl would print. */
export type Cluster = {
  /** Runs kubectl, with these objects as its standard input. */
  readonly kubectl: (args: readonly string[], ...input: readonly object[]) => Promise<void>;
  readonly look: () => Promise<Seen>;
  readonly close: () => Promise<void>;
};

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

export function cluster(program: string, kubeconfig: string, rest: ControlPlane['rest'], signal: AbortSignal): Cluster {
  const connection = new Agent({ connect: { ca: rest.caPem, cert: rest.certPem, key: rest.keyPem } });
  const table = async <T>(plural: string): Promise<Table<T>> => {
    const url = `${rest.server}/apis/spanferry.io/v1alpha1/namespaces/default/${plural}?includeObject=Object`;
    const answer = await request(url, { dispatcher: connection, headers: { accept: TABLE } });
    if (answer.statusCode !== 200) throw new Error(`the API server answers ${answer.statusCode} to ${plural}: ${await answer.body.text()}`);
    return (await answer.body.json()) as Table<T>;
  };

  return {
    look: async () => {
      const [sources, files] = await Promise.all([table<IngestionSource>('ingestionsources'), table<IngestionFile>('ingestionfiles')]);
      return { sources, files };
    },
    kubectl: async (args, ...input) => {
      const child = spawn(program, ['--kubeconfig', kubeconfig, ...args], { stdio: ['pipe', 'ignore', 'pipe'], signal });
      // One that was ended does not read to the end; how it ended says enough.
      child.stdin.on('error', () => {});
      child.stdin.end(input.map((each) => JSON.stringify(each)).join('\n---\n'));
      const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
      const [errors, code] = await Promise.all([text(child.stderr), ended]);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} says: ${errors.trim()}`);
    },
    close: () => connection.destroy(),
  };
}
