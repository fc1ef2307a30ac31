/** The names of an object's fields, looked up by their bytes: no string is made for a key. */
export type Names = {
  /** The code of the name in `bytes[from, to)`, or 0. */
  readonly code: (bytes: Uint8Array, from: number, to: number) => number;
  /** Bit `code` is set for fields that may repeat: a second array appends, a second scalar replaces. */
  readonly repeated: number;
};

type Entry = { readonly name: Uint8Array; readonly code: number };

/** A table from names to codes (1 to 30). */
export function names(table: Readonly<Record<string, number>>, repeated: readonly number[] = []): Names {
  const buckets: Entry[][] = Array.from({ length: BUCKETS }, () => []);
  for (const [name, code] of Object.entries(table)) {
    const bytes = new TextEncoder().encode(name);
    (buckets[bucketOf(bytes, 0, bytes.length)] as Entry[]).push({ name: bytes, code });
  }
  const code = (bytes: Uint8Array, from: number, to: number): number => {
    const entries = buckets[bucketOf(bytes, from, to)] as Entry[];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry;
      if (same(entry.name, bytes, from, to)) return entry.code;
    }
    return 0;
  };
  return { code, repeated: repeated.reduce((mask, each) => mask | (1 << each), 0) };
}

/** camelCase, snake_case and, for Go structs, PascalCase of a name. */
export function spellings(name: string, code: number): Record<string, number> {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const pascal = name.charAt(0).toUpperCase() + name.slice(1);
  return { [name]: code, [snake]: code, [pascal]: code };
}

const BUCKETS = 256;

/** Length, first, middle and last byte tell most names apart. */
function bucketOf(bytes: Uint8Array, from: number, to: number): number {
  if (to === from) return 0;
  const first = bytes[from] as number;
  const last = bytes[to - 1] as number;
  const middle = bytes[(from + to) >> 1] as number;
  return ((to - from) * 31 + first * 7 + middle * 13 + last * 3) & (BUCKETS - 1);
}

function same(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false;
  return true;
}
