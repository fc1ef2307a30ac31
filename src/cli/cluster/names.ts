import { type Cluster, done } from './session.ts';

/** Names of the sources of the namespace, a line for each: for the completion of shells. */
export async function names({ kube, namespace, io }: Cluster): Promise<number> {
  for await (const { items } of kube.sources.list({ namespace }, { deadlineMs: 2_000 })) {
    for (const { metadata } of items) await io.out.write(`${metadata.name}\n`);
  }
  return done;
}
