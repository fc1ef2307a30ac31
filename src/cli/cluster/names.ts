import { findKubeConfig } from '../../kube/kubeconfig.ts';
import type { Named } from '../completion.ts';
import type { Io } from '../terminal/io.ts';
import { type Cluster, type ClusterOptions, done, inCluster, telling } from './session.ts';

/** A shell does not wait. */
const DEADLINE_MS = 2_000;

/** Names for the completion of shells, a line for each: of sources of the namespace, of namespaces, of contexts of the kubeconfig. */
export function names(what: Named, options: ClusterOptions, io: Io): Promise<number> {
  if (what === 'sources') return inCluster(options, io, sources);
  if (what === 'namespaces') return inCluster(options, io, namespaces);
  return telling('the kubeconfig', io, async () => {
    const { contexts } = findKubeConfig({ ...(options.kubeconfig !== undefined && { kubeconfig: options.kubeconfig }) }, io.env);
    for (const { name } of contexts) await io.out.write(`${name}\n`);
    return done;
  });
}

async function sources({ kube, namespace, io }: Cluster): Promise<number> {
  for await (const { items } of kube.sources.list({ namespace }, { deadlineMs: DEADLINE_MS })) {
    for (const { metadata } of items) await io.out.write(`${metadata.name}\n`);
  }
  return done;
}

type NamespaceList = { readonly items?: readonly { readonly metadata: { readonly name: string } }[] };

async function namespaces({ transport, io }: Cluster): Promise<number> {
  const asked = { verb: 'list', method: 'GET', resource: 'namespaces', path: '/api/v1/namespaces', deadlineMs: DEADLINE_MS } as const;
  const { items = [] } = (await transport.request(asked)) as NamespaceList;
  for (const { metadata } of items) await io.out.write(`${metadata.name}\n`);
  return done;
}
