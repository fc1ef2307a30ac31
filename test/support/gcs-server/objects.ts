import { compareUtf8 } from '../../../src/stores/utf8-order.ts';

export type StoredObject = { readonly name: string; readonly body: Buffer; readonly generation: string; readonly timeCreated: string };

/** A bucket in memory. Generations grow with every write, as at Google. */
export type ObjectBucket = {
  readonly put: (name: string, body: Uint8Array | string) => StoredObject;
  readonly delete: (name: string) => void;
  readonly get: (name: string) => StoredObject | undefined;
  /** In the order of their UTF-8 bytes. */
  readonly sorted: () => readonly StoredObject[];
  /** May be read without a token. */
  readonly public: boolean;
};

let generation = 1_700_000_000_000_000;

export function objectBucket({ public: isPublic = false } = {}): ObjectBucket {
  const objects = new Map<string, StoredObject>();
  let order: readonly StoredObject[] | undefined;
  return {
    put: (name, body) => {
      const object = { name, body: Buffer.from(body), generation: String(++generation), timeCreated: new Date().toISOString() };
      objects.set(name, object);
      order = undefined;
      return object;
    },
    delete: (name) => {
      objects.delete(name);
      order = undefined;
    },
    get: (name) => objects.get(name),
    sorted: () => {
      order ??= [...objects.values()].sort((a, b) => compareUtf8(a.name, b.name));
      return order;
    },
    public: isPublic,
  };
}
