import type { File, Source } from '../../kube/ownkinds.ts';
import { type Member, membersOf } from './members.ts';
import type { Cluster } from './session.ts';

/** The records that are kept of a source. Those that this version does not understand are left out. */
export async function recordsOf({ kube }: Pick<Cluster, 'kube'>, { metadata: { namespace, name } }: Source): Promise<readonly File[]> {
  const found: File[] = [];
  for await (const { items } of kube.files.list({ namespace, fieldSelector: `spec.sourceRef.name=${name}` })) found.push(...items);
  return found;
}

/** The files that are kept of a source, one by one. */
export const filesOf = async (cluster: Pick<Cluster, 'kube'>, source: Source): Promise<readonly Member[]> =>
  (await recordsOf(cluster, source)).flatMap(membersOf);
