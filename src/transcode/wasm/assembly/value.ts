import { double, number } from './double';
import { close, reserved, writeVarint } from './frame';
import { base64 } from './ids';
import { ATTRIBUTE, FIRST, keyAt, keyGuessed, keyLength, LIST, VALUE } from './keys';
import { integer, magnitude, negative } from './numbers';
import { literal } from './skip';
import { colon, space } from './space';
import { CLOSE, CLOSE_LIST, COMMA, fail, MAX_DEPTH, OPEN, OPEN_LIST, out, QUOTE, setOut } from './state';
import { text } from './text';

/**
 * Four slots by the beginning of a key: lengths of the attribute, its value, the string in it, and the kind of the value. An attribute
 * of one name is of one kind and about one size mostly.
 */
const SLOTS: usize = memory.data(1024, 16);
memory.fill(SLOTS, 1, 1024);

const NESTED: usize = memory.data(16, 16);
memory.fill(NESTED, 1, 16);

const NULL: u8 = 0x6e;

/** 24 bytes from the key on: a short one is told apart by the kind of its value as well. */
@inline
function slotOf(p: usize): usize {
  const mixed = (load<u64>(p) * 0x9e3779b97f4a7c15) ^ (load<u64>(p, 8) * 0xc2b2ae3d27d4eb4f) ^ (load<u64>(p, 16) * 0x165667b19e3779f9);
  return SLOTS + <usize>((mixed >> 56) << 2);
}

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

/** One AnyValue with its length. */
function framedValue(p: usize, slot: usize, depth: i32): usize {
  const start = out;
  const reserve = reserved(slot);
  setOut(start + reserve);
  p = value(p, slot + 1, depth);
  if (p == 0) return 0;
  close(slot, start, reserve);
  return p;
}

/** `{"stringValue":"`, in two halves. */
const STRING_NAME: u64 = 0x676e69727473227b;
const STRING_TEXT: u64 = 0x223a2265756c6156;
/** `"stringValue": "`, in two halves. */
const SPACED_NAME: u64 = 0x56676e6972747322;
const SPACED_TEXT: u64 = 0x22203a2265756c61;

/** The fields of an AnyValue: none, or one. Null members count as absent. Behind `slot` the kind is guessed. */
function value(p: usize, slot: usize, depth: i32): usize {
  if (load<u64>(p) == STRING_NAME && load<u64>(p, 8) == STRING_TEXT) {
    const start = out;
    store<u8>(start, 0x0a);
    setOut(start + 1);
    const end = text(p + 15, slot);
    if (end == 0) return 0;
    if (load<u8>(end) == CLOSE) return end + 1;
    setOut(start);
  }
  if (load<u8>(p) != OPEN) return fail(p);
  p = space(p + 1);
  if (load<u64>(p) == SPACED_NAME && load<u64>(p, 8) == SPACED_TEXT) {
    const start = out;
    store<u8>(start, 0x0a);
    setOut(start + 1);
    const end = text(p + 15, slot);
    if (end == 0) return 0;
    const behind = space(end);
    if (load<u8>(behind) == CLOSE) return behind + 1;
    setOut(start);
  }
  if (load<u8>(p) == CLOSE) return p + 1;
  let set = false;
  while (true) {
    if (load<u8>(p) != QUOTE) return fail(p);
    const key = keyGuessed(VALUE, slot + 1, p + 1);
    if (key < 0) return fail(p);
    p = colon(p + 1 + keyLength(VALUE, key));
    if (p == 0) return 0;
    if (load<u8>(p) == NULL) {
      p = literal(p);
    } else {
      if (set) return fail(p);
      set = true;
      p = member(key, p, slot, depth);
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

/** The one member of an AnyValue. Its presence means something, so empty values are written as well. */
function member(key: i32, p: usize, slot: usize, depth: i32): usize {
  switch (key) {
    case 0:
      store<u8>(out, 0x0a);
      setOut(out + 1);
      return text(p, slot);
    case 1:
      return bool_(p);
    case 2:
      return int(p);
    case 3:
      p = number(p);
      if (p == 0) return 0;
      store<u8>(out, 0x21);
      store<f64>(out, double, 1);
      setOut(out + 9);
      return p;
    case 4:
      store<u8>(out, 0x2a);
      setOut(out + 1);
      return list(p, false, depth + 1);
    case 5:
      store<u8>(out, 0x32);
      setOut(out + 1);
      return list(p, true, depth + 1);
    default:
      return bytes(p);
  }
}

function bool_(p: usize): usize {
  const end = literal(p);
  if (end == 0) return 0;
  store<u16>(out, load<u8>(p) == 0x74 ? 0x0110 : 0x0010);
  setOut(out + 2);
  return end;
}

function int(p: usize): usize {
  const end = integer(p);
  if (end == 0) return 0;
  if (magnitude > (negative ? 0x8000000000000000 : 0x7fffffffffffffff)) return fail(p);
  store<u8>(out, 0x18);
  setOut(writeVarint(out + 1, negative ? 0 - magnitude : magnitude));
  return end;
}

function bytes(p: usize): usize {
  store<u8>(out, 0x3a);
  const start = out + 1;
  setOut(start + 1);
  p = base64(p);
  if (p == 0) return 0;
  close(NESTED + 1, start, 1);
  store<u8>(NESTED + 1, 1);
  return p;
}

/** An ArrayValue or KeyValueList with its length: an object whose one field is `values`. */
function list(p: usize, pairs: bool, depth: i32): usize {
  if (depth > MAX_DEPTH || load<u8>(p) != OPEN) return fail(p);
  const start = out;
  const reserve = reserved(NESTED + 2);
  setOut(start + reserve);
  p = space(p + 1);
  if (load<u8>(p) != CLOSE) {
    if (load<u8>(p) != QUOTE || keyAt(LIST, FIRST, p + 1) != 0) return fail(p);
    p = colon(p + 1 + keyLength(LIST, 0));
    if (p == 0) return 0;
    p = load<u8>(p) == NULL ? literal(p) : pairs ? attributes(p, 0x0a, depth) : values(p, depth);
    if (p == 0) return 0;
    p = space(p);
    if (load<u8>(p) != CLOSE) return fail(p);
  }
  close(NESTED + 2, start, reserve);
  return p + 1;
}

function values(p: usize, depth: i32): usize {
  if (load<u8>(p) != OPEN_LIST) return fail(p);
  p = space(p + 1);
  if (load<u8>(p) == CLOSE_LIST) return p + 1;
  while (true) {
    store<u8>(out, 0x0a);
    setOut(out + 1);
    p = framedValue(p, NESTED + 4, depth);
    if (p == 0) return 0;
    p = space(p);
    const c = load<u8>(p);
    if (c == CLOSE_LIST) return p + 1;
    if (c != COMMA) return fail(p);
    p = space(p + 1);
  }
  return 0;
}
