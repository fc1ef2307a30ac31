import { FIRST, keyAt, keyLength, RESOURCE, SCOPE } from './keys';
import { literal, skipUnknown } from './skip';
import { colon, space } from './space';
import { count, textField } from './span';
import { CLOSE, COMMA, fail, OPEN, QUOTE } from './state';
import { attributes } from './attribute';

/** Slots of name and version of a scope. */
const SLOTS: usize = memory.data(8, 8);
memory.fill(SLOTS, 1, 8);

const NULL: u8 = 0x6e;

/** The fields of the Resource or InstrumentationScope that begins at `p`, without a length. */
export function header(p: usize, shape: usize): usize {
  if (load<u8>(p) != OPEN) return fail(p);
  let seen = 0;
  let before = FIRST;
  p = space(p + 1);
  if (load<u8>(p) == CLOSE) return p + 1;
  while (true) {
    if (load<u8>(p) != QUOTE) return fail(p);
    const key = keyAt(shape, before, p + 1);
    if (key < 0) {
      p = skipUnknown(p);
    } else {
      if ((seen & (1 << key)) != 0) return fail(p);
      seen |= 1 << key;
      before = key;
      p = colon(p + 1 + keyLength(shape, key));
      if (p == 0) return 0;
      p = load<u8>(p) == NULL ? literal(p) : shape == RESOURCE ? resourceField(key, p) : scopeField(key, p);
    }
    if (p == 0) return 0;
    p = space(p);
    const c = load<u8>(p);
    if (c == CLOSE) return p + 1;
    if (c != COMMA) return fail(p);
    p = space(p + 1);
  }
  return 0;
}

/** Entity references are rare and left to the lenient path. */
function resourceField(key: i32, p: usize): usize {
  if (key == 0) return attributes(p, 0x0a, 0);
  return key == 1 ? count(p, 0x10, 0xffffffff) : fail(p);
}

function scopeField(key: i32, p: usize): usize {
  if (key == 0) return textField(p, 0x0a, SLOTS);
  if (key == 1) return textField(p, 0x12, SLOTS + 1);
  return key == 2 ? attributes(p, 0x1a, 0) : count(p, 0x20, 0xffffffff);
}
