import type { ListOptions, OpenOptions, Store, StoredFile } from '../../../src/stores/store.ts';

/** Every file of a listing. */
export async function files(store: Store, options: ListOptions = {}): Promise<readonly StoredFile[]> {
  const all: StoredFile[] = [];
  for await (const page of store.list(options)) all.push(...page.files);
  return all;
}

export const keys = async (store: Store, options: ListOptions = {}): Promise<readonly string[]> =>
  (await files(store, options)).map(({ key }) => key);

/** Every folder of a listing. */
export async function folders(store: Store, options: ListOptions): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const page of store.list(options)) all.push(...page.folders);
  return all;
}

/** All bytes of a file. */
export async function read(store: Store, file: StoredFile, options: OpenOptions = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.open(file, options)) chunks.push(new Uint8Array(chunk));
  return Buffer.concat(chunks);
}

export const text = async (store: Store, file: StoredFile, options: OpenOptions = {}): Promise<string> =>
  (await read(store, file, options)).toString();
