import type { FileKey, SourceRef } from '../api/supply.ts';
import type { Change } from '../kube/cache.ts';
import { keyOf } from '../kube/meta.ts';
import type { File } from '../kube/ownkinds.ts';

/** Which packs have a file: asked for every object of a listing. */
export type PackedFiles = {
  /** To be told of every change of the copy of the records. */
  readonly follow: (change: Change<File>) => void;
  readonly with: (source: Pick<SourceRef, 'uid'>, file: FileKey) => readonly File[];
};

/** An index beside the copy of the records. The files of a pack never change, so a verdict costs nothing here. */
export function packedFiles(get: (record: string) => File | undefined): PackedFiles {
  const records = new Map<string, readonly string[]>();
  const none: readonly string[] = [];

  const idsOf = ({ metadata, spec }: File): readonly string[] => {
    const owners = metadata.ownerReferences?.map(({ uid }) => uid) ?? [];
    return owners.flatMap((uid) => (spec.pack ?? []).map((file) => idOf(uid, file)));
  };

  return {
    follow: ({ type, object }) => {
      if (type === 'update' || !object.spec.pack) return;
      const record = keyOf(object.metadata);
      for (const id of idsOf(object)) {
        const others = (records.get(id) ?? none).filter((each) => each !== record);
        if (type === 'add') records.set(id, [...others, record]);
        else if (others.length > 0) records.set(id, others);
        else records.delete(id);
      }
    },
    with: ({ uid }, file) => (records.size === 0 ? [] : (records.get(idOf(uid, file)) ?? none).flatMap((record) => get(record) ?? [])),
  };
}

const idOf = (uid: string, { key, version }: FileKey): string => `${uid}\n${version}\n${key}`;
