import type { Store, StoredFile } from '../../stores/store.ts';
import type { Input } from '../../transcode/port.ts';

/** The file of exactly this key, as a listing shows it now; undefined where it is not there. */
export async function fileAt(store: Pick<Store, 'list'>, key: string): Promise<StoredFile | undefined> {
  for await (const { files } of store.list({ prefix: key, pageSize: 2 })) {
    const found = files.find((file) => file.key === key);
    // The key itself comes before every longer one.
    if (found || files.length > 0) return found;
  }
  return undefined;
}

/** A file of a store as something to transcode. */
export const inputOf = (store: Pick<Store, 'open'>, file: StoredFile): Input => ({
  open: (from, signal) => store.open(file, { from, signal }),
  size: file.size,
  name: file.key.slice(file.key.lastIndexOf('/') + 1),
});
