import { createHash } from 'node:crypto';
import type { S3Server } from '../support/s3-server/server.ts';
import { bodyOf, type TrueFile } from './truth.ts';

/** One content of a file, as the bucket tells it. */
export type Content = { readonly version: number; readonly etag: string };

/** What lies in the bucket of a trial, and what has lain there. */
export type Shelf = {
  readonly put: (file: TrueFile) => void;
  /** New content under the old key; false where there is none yet, or no more. */
  readonly overwrite: (file: TrueFile) => boolean;
  readonly remove: (file: TrueFile) => boolean;
  /** Contents of a file, oldest first. */
  readonly contents: (file: TrueFile) => readonly Content[];
  readonly isThere: (file: TrueFile) => boolean;
};

/** Files are an hour old, so that none counts as unfinished. */
const AGE_MS = 3_600_000;

export function shelf(s3: S3Server, bucket: string): Shelf {
  const contents = new Map<number, Content[]>();
  const gone = new Set<number>();
  const write = (file: TrueFile, version: number) => {
    const body = bodyOf(file, version);
    s3.put(bucket, file.key, body, { modifiedTime: Date.now() - AGE_MS });
    const etag = createHash('md5').update(body).digest('hex');
    contents.set(file.number, [...(contents.get(file.number) ?? []), { version, etag }]);
  };
  const isThere = ({ number }: TrueFile) => contents.has(number) && !gone.has(number);
  return {
    put: (file) => write(file, 0),
    overwrite: (file) => {
      // Files that must fail keep their content: there is no other.
      if (!isThere(file) || ['bomb', 'empty', 'truncated', 'table'].includes(file.writing)) return false;
      write(file, contents.get(file.number)?.length ?? 0);
      return true;
    },
    remove: (file) => {
      if (!isThere(file)) return false;
      gone.add(file.number);
      s3.remove(bucket, file.key);
      return true;
    },
    contents: ({ number }) => contents.get(number) ?? [],
    isThere,
  };
}
