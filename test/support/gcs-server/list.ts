import { compareUtf8 } from '../../../src/stores/utf8-order.ts';
import type { ObjectBucket, StoredObject } from './objects.ts';

type Listing = { readonly items: readonly StoredObject[]; readonly prefixes: readonly string[]; readonly nextPageToken?: string };

/** objects.list: inclusive startOffset, exclusive endOffset, folders at a delimiter, pages. */
export function listObjects(bucket: ObjectBucket, query: URLSearchParams): Listing {
  const given = (name: string) => query.get(name) ?? '';
  const [prefix, start, end, delimiter] = [given('prefix'), given('startOffset'), given('endOffset'), given('delimiter')];
  const limit = Math.min(Number(query.get('maxResults') ?? 1_000), 1_000);
  const after = Buffer.from(given('pageToken'), 'base64url').toString();
  const items: StoredObject[] = [];
  const prefixes: string[] = [];
  let last = '';
  for (const object of bucket.sorted()) {
    const { name } = object;
    if (!name.startsWith(prefix) || compareUtf8(name, start) < 0 || (end && compareUtf8(name, end) >= 0)) continue;
    const folder = folderOf(name, prefix, delimiter);
    if (after && (compareUtf8(folder ?? name, after) <= 0 || folder === after)) continue;
    if (folder !== undefined && folder === prefixes.at(-1)) continue;
    if (items.length + prefixes.length === limit) return { items, prefixes, nextPageToken: Buffer.from(last).toString('base64url') };
    if (folder === undefined) items.push(object);
    else prefixes.push(folder);
    last = folder ?? name;
  }
  return { items, prefixes };
}

function folderOf(name: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter ? name.indexOf(delimiter, prefix.length) : -1;
  return at < 0 ? undefined : name.slice(0, at + delimiter.length);
}

/** How the JSON API shows an object; only the fields that were asked for matter here. */
export const shown = ({ name, generation, body, timeCreated }: StoredObject, bucket: string) => ({
  kind: 'storage#object',
  bucket,
  name,
  generation,
  size: String(body.length),
  timeCreated,
  updated: timeCreated,
  storageClass: 'STANDARD',
});
