import { element, S3Error } from './errors.ts';
import type { StoredObject } from './objects.ts';

/** Answers ListObjectsV2 over objects that are sorted by the UTF-8 bytes of their keys. */
export function answerListing(bucket: string, sorted: readonly StoredObject[], query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = Math.min(1_000, Number(query.get('max-keys') ?? 1_000));
  const encoding = query.get('encoding-type');
  if (encoding !== null && encoding !== 'url') throw new S3Error(400, 'InvalidArgument', 'Invalid Encoding Method specified in Request');
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString();

  const { files, folders, last, more } = rollUp(sorted, { prefix, delimiter, maxKeys, after, resumed: token !== null });
  const text = (name: string, value: string) => element(name, encoding === 'url' ? urlEncoded(value) : value);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    element('Name', bucket),
    text('Prefix', prefix),
    delimiter && text('Delimiter', delimiter),
    element('MaxKeys', maxKeys),
    encoding && element('EncodingType', encoding),
    element('KeyCount', files.length + folders.length),
    element('IsTruncated', more),
    more ? element('NextContinuationToken', Buffer.from(last).toString('base64url')) : '',
    ...files.map((object) => contents(object, text)),
    ...folders.map((folder) => `<CommonPrefixes>${text('Prefix', folder)}</CommonPrefixes>`),
    '</ListBucketResult>',
  ].join('');
}

type Cut = {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly after: string;
  readonly resumed: boolean;
};

function rollUp(sorted: readonly StoredObject[], { prefix, delimiter, maxKeys, after, resumed }: Cut) {
  const files: StoredObject[] = [];
  const folders: string[] = [];
  let last = after;
  const fromPrefix = Buffer.compare(Buffer.from(after), Buffer.from(prefix)) < 0 || after === '';
  for (let at = firstAfter(sorted, fromPrefix ? prefix : after, fromPrefix); at < sorted.length; at++) {
    const object = sorted[at]!;
    if (!object.key.startsWith(prefix)) break;
    const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const folder = end < 0 ? undefined : object.key.slice(0, end + delimiter.length);
    if (folder !== undefined && (folder === folders.at(-1) || (resumed && folder === after))) continue;
    if (files.length + folders.length === maxKeys) return { files, folders, last, more: maxKeys > 0 };
    if (folder === undefined) files.push(object);
    else folders.push(folder);
    last = folder ?? object.key;
  }
  return { files, folders, last, more: false };
}

/** Index of the first object whose key comes after `key`, or is it where `inclusive`. */
function firstAfter(sorted: readonly StoredObject[], key: string, inclusive: boolean): number {
  const wanted = Buffer.from(key);
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = Buffer.compare(Buffer.from(sorted[middle]!.key), wanted);
    if (order < 0 || (order === 0 && !inclusive)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const contents = ({ key, size, etag, modifiedTime, storageClass }: StoredObject, text: (name: string, value: string) => string): string =>
  `<Contents>${text('Key', key)}${element('LastModified', new Date(modifiedTime).toISOString())}${element('ETag', `"${etag}"`)}${element('Size', size)}${element('StorageClass', storageClass)}</Contents>`;

/** As S3 encodes keys in listings: like a form, where a space is `+`, but `/` stays. */
const urlEncoded = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
