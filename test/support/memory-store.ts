import type { ListOptions, Page, Store, StoredFile } from '../../src/stores/store.ts';
import { compareUtf8 } from '../../src/stores/utf8-order.ts';

/** A bucket in memory that keeps the promises of the port: pages in the order of UTF-8 bytes, each as of the moment it is asked for. */
export type MemoryStore = Store & {
  readonly put: (key: string, file?: Partial<Omit<StoredFile, 'key'>>) => StoredFile;
  readonly remove: (key: string) => void;
  readonly files: () => readonly StoredFile[];
  readonly at: (key: string) => StoredFile | undefined;
  /** What happens instead of an answer, from now on. */
  readonly break: (thrown?: unknown) => void;
  /** Listings begun, with where they began; and pages given. */
  readonly asked: { readonly listings: (string | undefined)[]; pages: number; probes: number; closed: number };
};

export function memoryStore(options: { readonly prefix?: string; readonly now: () => number; readonly pageSize?: number }): MemoryStore {
  const { prefix = '', now, pageSize: usualSize = 1_000 } = options;
  let sorted: StoredFile[] = [];
  let versions = 0;
  let broken: unknown;
  const asked: MemoryStore['asked'] = { listings: [], pages: 0, probes: 0, closed: 0 };

  /** The first place whose key is not before this one. */
  const placeOf = (key: string): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareUtf8(sorted[middle]?.key ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const answer = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    if (broken !== undefined) throw broken;
  };

  async function* list({ prefix: within = prefix, startAfter = '', pageSize = usualSize, signal }: ListOptions = {}): AsyncGenerator<Page> {
    asked.listings.push(startAfter === '' ? undefined : startAfter);
    let after = startAfter;
    for (;;) {
      signal?.throwIfAborted();
      await answer();
      asked.pages++;
      const from = compareUtf8(after, within) < 0 ? placeOf(within) : placeOf(`${after}\u0000`);
      const files: StoredFile[] = [];
      for (let at = from; files.length < pageSize && sorted[at]?.key.startsWith(within); at++) files.push(sorted[at] as StoredFile);
      yield { files, folders: [] };
      if (files.length < pageSize) return;
      after = files.at(-1)?.key ?? after;
    }
  }

  return {
    location: `memory://bucket/${prefix}`,
    asked,
    put: (key, file = {}) => {
      const stored = { key, version: `v${++versions}`, size: 1_000, modifiedTime: now(), ...file };
      const at = placeOf(key);
      sorted.splice(at, sorted[at]?.key === key ? 1 : 0, stored);
      return stored;
    },
    remove: (key) => {
      sorted = sorted.filter((each) => each.key !== key);
    },
    files: () => sorted,
    at: (key) => {
      const file = sorted[placeOf(key)];
      return file?.key === key ? file : undefined;
    },
    break: (thrown) => {
      broken = thrown;
    },
    probe: async () => {
      asked.probes++;
      await answer();
      return { identity: 'arn:aws:iam::123456789012:user/reader' };
    },
    list,
    open: () => {
      throw new Error('nobody opens files here');
    },
    close: () => {
      asked.closed++;
    },
  };
}
