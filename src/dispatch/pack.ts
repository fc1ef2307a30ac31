import { type FileSpec, filesOf, type IngestionFile, isSuperseded, type NamedFile, titleOfPack } from '../api/ingestionfile.ts';
import { recordName } from '../api/names.ts';
import type { Ended, SourceRef } from '../api/supply.ts';

/** What a record says about its files: one by its key, several as a pack. */
export function specOf(files: readonly NamedFile[]): Omit<FileSpec, 'sourceRef'> {
  const named = files.map(({ key, version, size, modifiedTime }): NamedFile => ({ key, version, size, modifiedTime }));
  const [only] = named;
  return only && named.length === 1 ? only : { pack: named, title: titleOfPack(named) };
}

/** Name of the record of a pack. The same files always get the same name, so creating it twice is refused by the API server. */
export const packName = ({ name, uid }: SourceRef, files: readonly NamedFile[]): string =>
  recordName(name, ['pack', uid, ...files.flatMap(({ key, version }) => [key, version])]);

/** How the files of a finished record ended, as far as they did. What a pack gave back goes on elsewhere. */
export function endingsOf(record: IngestionFile): readonly Ended[] {
  const { spec, status } = record;
  if (!spec.pack) {
    return filesOf(spec).map((file): Ended => {
      if (status.state !== 'Completed') return { file, ...didFail };
      return { file, outcome: isSuperseded(record, file) ? 'superseded' : 'completed', spans: status.spans ?? 0 };
    });
  }
  const returned = new Set(status.returned?.map(({ index }) => index));
  const unread = new Map(status.unread?.map(({ index, reason }) => [index, reason]));
  return spec.pack.flatMap((file, index): Ended[] => {
    if (returned.has(index)) return [];
    const reason = unread.get(index);
    if (reason !== undefined && reason !== 'Superseded') return [{ file, ...didFail }];
    return [{ file, outcome: reason === undefined ? 'completed' : 'superseded', spans: status.packSpans?.[index] ?? 0 }];
  });
}

const didFail = { outcome: 'failed', spans: 0 } as const;

/** Files that a pack gave back. */
export const returnedOf = ({ spec, status }: IngestionFile): readonly NamedFile[] =>
  (status.returned ?? []).flatMap(({ index }) => spec.pack?.[index] ?? []);

/** Files of a pack that ended as failed. */
const failedIn = ({ unread = [] }: IngestionFile['status']) => unread.filter(({ reason }) => reason !== 'Superseded');

/** Is there something in this record that `retry` would try again? */
export const hasFailed = ({ status }: IngestionFile): boolean => status.state === 'Failed' || failedIn(status).length > 0;

/** A pack that gives back the files in it that failed, behind those that it gave back before: each is tried again in a record of its own. */
export function givingBackFailures(status: IngestionFile['status']): IngestionFile['status'] {
  const failed = failedIn(status);
  const unread = status.unread?.filter((each) => !failed.includes(each)) ?? [];
  return { ...status, unread, returned: [...(status.returned ?? []), ...failed] };
}

/** Indices of the files of a pack about which nothing is decided yet. */
export function undecidedIn({ spec, status }: IngestionFile): readonly number[] {
  const exceptions = new Set([...(status.returned ?? []), ...(status.unread ?? [])].map(({ index }) => index));
  return (spec.pack ?? []).flatMap((_, index) => (exceptions.has(index) || (status.packSpans?.[index] ?? 0) > 0 ? [] : [index]));
}
