import { close, reserved } from './frame';
import { ATTRIBUTE, FIRST, keyAt, keyLength } from './keys';
import { literal } from './skip';
import { NESTED, SLOTS, slotOf } from './slots';
import { colon, space } from './space';
import { CLOSE, CLOSE_LIST, COMMA, fail, OPEN, OPEN_LIST, out, QUOTE, setOut } from './state';
import { text } from './text';
import { framedValue } from './value';

const NULL: u8 = 0x6e;

/** A list of KeyValue at `p`, each written behind `tag`. */
export function attributes(p: usize, tag: u8, depth: i32): usize {
  if (load<u8>(p) != OPEN_LIST) return fail(p);
  p = space(p + 1);
  if (load<u8>(p) == CLOSE_LIST) return p + 1;
  while (true) {
    store<u8>(out, tag);
    setOut(out + 1);
    p = attribute(p, depth);
    if (p == 0) return 0;
    p = space(p);
    const c = load<u8>(p);
    if (c == CLOSE_LIST) return p + 1;
    if (c != COMMA) return fail(p);
    p = space(p + 1);
  }
  return 0;
}

/** `"key":"`, without its last byte in the register, and `,"value":{`: what nearly all writers write. */
const KEY_TEXT: u64 = 0x223a2279656b22 << 8;
const VALUE_NAME: u64 = 0x2265756c6176222c;
const VALUE_OPEN: u16 = 0x7b3a;

/** One KeyValue with its length. */
function attribute(p: usize, depth: i32): usize {
  if (load<u8>(p) != OPEN) return fail(p);
  p = space(p + 1);
  if (load<u64>(p) << 8 != KEY_TEXT) return attributeSpaced(p, depth);
  const slot = slotOf(p + 7);
  const start = out;
  const reserve = reserved(slot);
  store<u8>(start + reserve, 0x0a);
  setOut(start + reserve + 1);
  const first = p;
  p = text(p + 6, NESTED);
  if (p == 0) return 0;
  if (load<u64>(p) == VALUE_NAME && load<u16>(p, 8) == VALUE_OPEN) {
    store<u8>(out, 0x12);
    setOut(out + 1);
    p = framedValue(p + 9, slot + 1, depth);
    if (p == 0) return 0;
    p = space(p);
    // A third member would be a repetition or unknown. Trying again from the start would double the work at each level.
    if (load<u8>(p) != CLOSE) return fail(p);
    close(slot, start, reserve);
    return p + 1;
  }
  setOut(start);
  return attributeMembers(first, depth);
}

/** `"key": "`, and `"value":` with a blank and a brace behind it: what pretty-printers write. */
const SPACED_KEY: u64 = 0x22203a2279656b22;
const SPACED_VALUE: u64 = 0x3a2265756c617622;
const SPACED_OPEN: u16 = 0x7b20;

/** The same with white space; `p` is behind the opening brace. */
function attributeSpaced(p: usize, depth: i32): usize {
  if (load<u64>(p) != SPACED_KEY) return attributeMembers(p, depth);
  const slot = slotOf(p + 8);
  const start = out;
  const reserve = reserved(slot);
  store<u8>(start + reserve, 0x0a);
  setOut(start + reserve + 1);
  const first = p;
  p = text(p + 7, NESTED);
  if (p == 0) return 0;
  if (load<u8>(p) == COMMA) {
    p = space(p + 1);
    if (load<u64>(p) == SPACED_VALUE && load<u16>(p, 8) == SPACED_OPEN) {
      store<u8>(out, 0x12);
      setOut(out + 1);
      p = framedValue(p + 9, slot + 1, depth);
      if (p == 0) return 0;
      p = space(p);
      if (load<u8>(p) != CLOSE) return fail(p);
      close(slot, start, reserve);
      return p + 1;
    }
  }
  setOut(start);
  return attributeMembers(first, depth);
}

/** The same, in any order and with any white space; `p` is behind the opening brace. */
function attributeMembers(p: usize, depth: i32): usize {
  if (load<u8>(p) == CLOSE) {
    store<u8>(out, 0);
    setOut(out + 1);
    return p + 1;
  }
  let slot = SLOTS;
  const start = out;
  let reserve = reserved(slot);
  let seen = 0;
  let before = FIRST;
  while (true) {
    if (load<u8>(p) != QUOTE) return fail(p);
    const key = keyAt(ATTRIBUTE, before, p + 1);
    if (key < 0 || (seen & (1 << key)) != 0) return fail(p);
    p = colon(p + 1 + keyLength(ATTRIBUTE, key));
    if (p == 0) return 0;
    if (seen == 0) {
      if (key == 0) {
        slot = slotOf(p + 1);
        reserve = reserved(slot);
      }
      setOut(start + reserve);
    }
    seen |= 1 << key;
    before = key;
    if (load<u8>(p) == NULL) {
      p = literal(p);
    } else if (key == 0) {
      store<u8>(out, 0x0a);
      setOut(out + 1);
      p = text(p, NESTED);
    } else {
      store<u8>(out, 0x12);
      setOut(out + 1);
      p = framedValue(p, slot + 1, depth);
    }
    if (p == 0) return 0;
    p = space(p);
    const c = load<u8>(p);
    if (c == CLOSE) break;
    if (c != COMMA) return fail(p);
    p = space(p + 1);
  }
  close(slot, start, reserve);
  return p + 1;
}
