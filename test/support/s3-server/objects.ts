import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** What is known of an object besides its bytes. */
export type ObjectMeta = {
  readonly key: string;
  readonly size: number;
  /** MD5 in hex, without quotes. */
  readonly etag: string;
  readonly modifiedTime: number;
  readonly storageClass: string;
  /** Encrypted with a key that nobody may use. */
  readonly kmsDenied: boolean;
};

export type StoredObject = ObjectMeta & {
  /** Bytes from `start` up to, not including, `end`. */
  readonly read: (start: number, end: number) => Buffer | Readable;
};

/** Where the objects of one bucket are kept. */
export type Objects = {
  readonly get: (key: string) => StoredObject | undefined;
  readonly put: (key: string, body: Buffer, more: Partial<Pick<ObjectMeta, 'storageClass' | 'kmsDenied' | 'modifiedTime'>>) => StoredObject;
  readonly remove: (key: string) => void;
  /** In the order of the UTF-8 bytes of their keys. */
  readonly sorted: () => readonly StoredObject[];
};

/** Objects in memory, or in a directory where one is given: two files for each, named by a hash of its key. */
export function objects(directory?: string): Objects {
  const byKey = new Map<string, StoredObject>();
  let order: readonly StoredObject[] | undefined;
  if (directory !== undefined) for (const object of readDirectory(directory)) byKey.set(object.key, object);

  return {
    get: (key) => byKey.get(key),
    put: (key, body, more) => {
      const meta: ObjectMeta = {
        key,
        size: body.length,
        etag: createHash('md5').update(body).digest('hex'),
        modifiedTime: more.modifiedTime ?? Date.now(),
        storageClass: more.storageClass ?? 'STANDARD',
        kmsDenied: more.kmsDenied ?? false,
      };
      const object = directory === undefined ? inMemory(meta, body) : inDirectory(directory, meta, body);
      byKey.set(key, object);
      order = undefined;
      return object;
    },
    remove: (key) => {
      if (byKey.delete(key)) order = undefined;
      if (directory !== undefined) for (const path of Object.values(pathsOf(directory, key))) rmSync(path, { force: true });
    },
    sorted: () => {
      order ??= [...byKey.values()]
        .map((object) => ({ object, bytes: Buffer.from(object.key) }))
        .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
        .map(({ object }) => object);
      return order;
    },
  };
}

const inMemory = (meta: ObjectMeta, body: Buffer): StoredObject => ({ ...meta, read: (start, end) => body.subarray(start, end) });

function inDirectory(directory: string, meta: ObjectMeta, body: Buffer): StoredObject {
  const { data, json } = pathsOf(directory, meta.key);
  mkdirSync(directory, { recursive: true });
  writeFileSync(data, body);
  writeFileSync(json, JSON.stringify(meta));
  return fromDirectory(directory, meta);
}

const fromDirectory = (directory: string, meta: ObjectMeta): StoredObject => ({
  ...meta,
  read: (start, end) => (end > start ? createReadStream(pathsOf(directory, meta.key).data, { start, end: end - 1 }) : Readable.from([])),
});

function readDirectory(directory: string): readonly StoredObject[] {
  mkdirSync(directory, { recursive: true });
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => fromDirectory(directory, JSON.parse(readFileSync(join(directory, name), 'utf8'))));
}

function pathsOf(directory: string, key: string): { readonly data: string; readonly json: string } {
  const name = createHash('sha256').update(key).digest('hex');
  return { data: join(directory, `${name}.data`), json: join(directory, `${name}.json`) };
}
