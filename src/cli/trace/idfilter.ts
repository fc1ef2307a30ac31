/** Remembers ids of traces in a fixed piece of memory. It never forgets one; one in thousands that it was not given it takes for known. */
export type IdFilter = { readonly add: (id: string) => void; readonly has: (id: string) => boolean };

/** 16 MiB of bits: with a million ids in it, one in a million others is mistaken; with ten million, one in two hundred. */
const BITS = 2 ** 27;

/** A Bloom filter. Ids of traces are random, so their four words serve as its hashes. */
export function idFilter(): IdFilter {
  const bits = new Uint8Array(BITS / 8);
  const places = (id: string): readonly number[] => [0, 8, 16, 24].map((at) => Number.parseInt(id.slice(at, at + 8), 16) % BITS);
  return {
    add: (id) => {
      for (const place of places(id)) bits[place >>> 3]! |= 1 << (place & 7);
    },
    has: (id) => places(id).every((place) => (bits[place >>> 3]! & (1 << (place & 7))) !== 0),
  };
}
