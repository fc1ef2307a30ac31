import type { FileSpec, FileStatus } from '../../api/ingestionfile.ts';
import type { File } from '../../kube/ownkinds.ts';

/** One file as its record tells of it. A record may hold many. */
export type Member = Pick<FileSpec, 'key' | 'version' | 'size' | 'modifiedTime'> & {
  readonly record: File;
  readonly state: FileStatus['state'];
  readonly reason?: string;
  readonly message?: string;
};

/** Every file that a record stands for, with the state that is its own. */
export function membersOf(record: File): readonly Member[] {
  const { key, version, size, modifiedTime } = record.spec;
  const { state, reason, message } = record.status;
  return [
    { record, key, version, size, modifiedTime, state, ...(reason !== undefined && { reason }), ...(message !== undefined && { message }) },
  ];
}
