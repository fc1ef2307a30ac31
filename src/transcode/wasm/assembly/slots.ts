/**
 * Four slots by the beginning of a key: lengths of the attribute, its value, the string in it, and the kind of the value. An attribute
 * of one name is of one kind and about one size mostly.
 */
export const SLOTS: usize = memory.data(1024, 16);
memory.fill(SLOTS, 1, 1024);

export const NESTED: usize = memory.data(16, 16);
memory.fill(NESTED, 1, 16);

/** 24 bytes from the key on: a short one is told apart by the kind of its value as well. */
@inline
export function slotOf(p: usize): usize {
  const mixed = (load<u64>(p) * 0x9e3779b97f4a7c15) ^ (load<u64>(p, 8) * 0xc2b2ae3d27d4eb4f) ^ (load<u64>(p, 16) * 0x165667b19e3779f9);
  return SLOTS + <usize>((mixed >> 56) << 2);
}
