import { OPEN } from './state';

/** The text between two arrays of spans, from behind the one to the first span of the other: laid here by the host. */
export const SEAM: usize = memory.data(8192, 16);

/** Whether these bytes stand at `p`, and a span behind them. */
export function follows(p: usize, length: usize, end: usize): bool {
  if (p + length >= end || load<u8>(p + length) != OPEN) return false;
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) {
    if (v128.any_true(v128.xor(v128.load(p + i), v128.load(SEAM + i)))) return false;
  }
  for (; i < length; i++) if (load<u8>(p + i) != load<u8>(SEAM + i)) return false;
  return true;
}
