import { keyIn } from '../cluster/key.ts';
import type { Cluster } from '../cluster/session.ts';
import { sourceNamed } from '../cluster/sources.ts';
import { no } from '../cluster/trouble.ts';
import { showTraces, type ViewOptions } from '../view.ts';
import { fileAt, inputOf } from './find.ts';
import { credentialOf, withStore } from './open.ts';

/** Draws the traces of a file where it lies: opened with the source's Secret, or with the person's own cloud login. */
export async function viewObject(
  cluster: Cluster,
  name: string,
  given: string,
  options: ViewOptions & { readonly ownLogin?: boolean },
): Promise<number> {
  const source = await sourceNamed(cluster, name);
  const key = keyIn(source, given);
  const credential = await credentialOf(cluster, source.spec.store, options.ownLogin === true);
  return withStore(credential, source.metadata, cluster.io, async (store) => {
    const file = await fileAt(store, key);
    if (!file) return no(`there is no ${key} in the store; \`ls ${name}\` shows what there is`);
    if (file.archived) return no(`${key} is in an archive class and cannot be read: restore the object first`);
    const { format } = source.spec;
    const opened = { input: inputOf(store, file), close: async () => {} };
    return showTraces(key, opened, { ...options, format: options.format === 'Auto' ? format : options.format }, cluster.io);
  });
}
