import { attributes } from './attribute';
import { double, number } from './double';
import { close, reserved, writeVarint } from './frame';
import { base64 } from './ids';
import { FIRST, keyAt, keyGuessed, keyLength, LIST, VALUE } from './keys';
import { integer, magnitude, negative } from './numbers';
import { literal } from './skip';
import { NESTED } from './slots';
import { colon, space } from './space';
import { CLOSE, CLOSE_LIST, COMMA, fail, MAX_DEPTH, OPEN, OPEN_LIST, out, QUOTE, setOut } from './state';
import { text } from './text';

const NULL: u8 = 0x6e;

/** One AnyValue with its length. */
export function framedValue(p: usize, slot: usize, depth: i32): usize {
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
