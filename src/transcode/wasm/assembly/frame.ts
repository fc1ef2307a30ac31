import { out, setOut } from './state';

/**
 * Lengths stand before what they measure. Each place in the schema remembers how many bytes its last length took (a slot), reserves as
 * many, and moves the content when it guessed wrong. Lengths are always minimal.
 */

/** How many bytes this slot reserves. */
@inline
export function reserved(slot: usize): usize {
  return load<u8>(slot);
}

/** Writes the length of [start + reserve, out) before it. */
@inline
export function close(slot: usize, start: usize, reserve: usize): void {
  const length = out - start - reserve;
  if (reserve == 1 && length < 0x80) {
    store<u8>(start, <u8>length);
  } else if (reserve == 2 && length - 0x80 < 0x4000 - 0x80) {
    store<u16>(start, <u16>((length & 0x7f) | 0x80 | ((length >> 7) << 8)));
  } else {
    closeAnyhow(slot, start, reserve, length);
  }
}

function closeAnyhow(slot: usize, start: usize, reserve: usize, length: usize): void {
  const size = varintSize(length);
  if (size != reserve) {
    move(start + size, start + reserve, length);
    store<u8>(slot, <u8>size);
  }
  writeVarint(start, length);
  setOut(start + size + length);
}

/** Short moves are frequent and a call out of the module is not cheap. Up to 15 bytes behind the target are overwritten. */
function move(to: usize, from: usize, length: usize): void {
  if (length > 512) {
    memory.copy(to, from, length);
  } else if (to > from) {
    let i = (length + 15) & ~15;
    while (i > 0) {
      i -= 16;
      v128.store(to + i, v128.load(from + i));
    }
  } else {
    for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
  }
}

export function varintSize(value: u64): usize {
  return <usize>((70 - clz(value | 1)) / 7);
}

/** Writes a varint and returns the address behind it. */
export function writeVarint(at: usize, value: u64): usize {
  while (value >= 0x80) {
    store<u8>(at++, <u8>(value | 0x80));
    value >>= 7;
  }
  store<u8>(at, <u8>value);
  return at + 1;
}
