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
  /** An earlier content once more, byte for byte. */
  readonly putBack: (file: TrueFile, content: Content) => void;
  /** All contents that a file has had, each once, oldest first. */
  readonly contents: (file: TrueFile) => readonly Content[];
  /** The content that lies there; undefined where none does. */
  readonly current: (file: TrueFile) => Content | undefined;
};

/** Files are so old that none counts as unfinished, not even by a clock that is an hour off. */
const AGE_MS = 2 * 3_600_000;

export function shelf(s3: S3Server, bucket: string): Shelf {
  const contents = new Map<number, Content[]>();
  const current = new Map<number, Content>();
  const write = (file: TrueFile, version: number): Content => {
    const body = bodyOf(file, version);
    s3.put(bucket, file.key, body, { modifiedTime: Date.now() - AGE_MS });
    const content = { version, etag: createHash('md5').update(body).digest('hex') };
    current.set(file.number, content);
    return content;
  };
  const add = (file: TrueFile, version: number) => {
    const content = write(file, version);
    contents.set(file.number, [...(contents.get(file.number) ?? []), content]);
  };
  const isThere = ({ number }: TrueFile) => current.has(number);
  return {
    put: (file) => add(file, 0),
    overwrite: (file) => {
      // Files that must fail keep their content: there is no other.
      if (!isThere(file) || ['bomb', 'empty', 'truncated', 'table'].includes(file.writing)) return false;
      add(file, contents.get(file.number)?.length ?? 0);
      return true;
    },
    remove: (file) => {
      if (!isThere(file)) return false;
      current.delete(file.number);
      s3.remove(bucket, file.key);
      return true;
    },
    putBack: (file, { version }) => void write(file, version),
    contents: ({ number }) => contents.get(number) ?? [],
    current: ({ number }) => current.get(number),
  };
}
