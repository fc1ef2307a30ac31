import { ownerOf } from '../api/ingestionfile.ts';
import type { FileKey, SourceRef } from '../api/supply.ts';
import type { Change } from '../kube/cache.ts';
import { keyOf } from '../kube/meta.ts';
import type { File } from '../kube/ownkinds.ts';

/** Which packs have a file: asked for every object of a listing. */
export type PackedFiles = {
  /** To be told of every change of the copy of the records. */
  readonly follow: (change: Change<File>) => void;
  readonly with: (source: Pick<SourceRef, 'uid' | 'namespace' | 'name'>, file: FileKey) => readonly File[];
};

/**
 * An index beside the copy of the records. The files of a pack never change, so a verdict costs nothing here. A pack that a backup
 * brought back without its owner counts for the source that it names: its files are in a record already, before anybody adopts it.
 */
export function packedFiles(get: (record: string) => File | undefined): PackedFiles {
  const records = new Map<string, readonly string[]>();
  const none: readonly string[] = [];
  /** Packs without an owner, mostly none. */
  let unowned = 0;

  const put = (object: File): void => {
    const record = keyOf(object.metadata);
    for (const id of idsOf(object)) records.set(id, [...(records.get(id) ?? none).filter((each) => each !== record), record]);
    if (!isOwned(object)) unowned++;
  };

  const remove = (object: File): void => {
    const record = keyOf(object.metadata);
    for (const id of idsOf(object)) {
      const others = (records.get(id) ?? none).filter((each) => each !== record);
      if (others.length > 0) records.set(id, others);
      else records.delete(id);
    }
    if (!isOwned(object)) unowned--;
  };

  const under = (holder: string, file: FileKey) => (records.get(idOf(holder, file)) ?? none).flatMap((record) => get(record) ?? []);

  return {
    follow: (change) => {
      const { type, object } = change;
      if (!object.spec.pack) return;
      if (type === 'add') return put(object);
      if (type === 'delete') return remove(object);
      if (ownerOf(change.old) === ownerOf(object)) return;
      remove(change.old);
      put(object);
    },
    with: ({ uid, namespace, name }, file) => {
      if (records.size === 0) return [];
      const owned = under(uid, file);
      return unowned === 0 ? owned : [...owned, ...under(keyOf({ namespace, name }), file)];
    },
  };
}

const isOwned = (record: File): boolean => ownerOf(record) !== undefined;

function idsOf(record: File): readonly string[] {
  const { metadata, spec } = record;
  const holder = ownerOf(record) ?? keyOf({ namespace: metadata.namespace, name: spec.sourceRef.name });
  return (spec.pack ?? []).map((file) => idOf(holder, file));
}

const idOf = (holder: string, { key, version }: FileKey): string => `${holder}\n${version}\n${key}`;
