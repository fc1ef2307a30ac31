import { close, reserved, varintSize, writeVarint } from './frame';
import { spanId, traceId, zero } from './ids';
import { CODE, EVENT, FIRST, KIND, keyAt, keyLength, LINK, SPAN, STATUS } from './keys';
import { magnitude, nanoseconds, unsigned } from './numbers';
import { literal, skipUnknown } from './skip';
import { colon, space } from './space';
import { CLOSE, CLOSE_LIST, COMMA, fail, OPEN, OPEN_LIST, out, QUOTE, setOut } from './state';
import { text } from './text';
import { attributes } from './attribute';

/** What the last span said: its times, and where its trace id was written. */
export let started: u64 = 0;
export let ended: u64 = 0;
export let trace: usize = 0;

/** Slots: the span, event, link, status, and the strings in them. */
const SLOTS: usize = memory.data(16, 16);
memory.fill(SLOTS, 1, 16);
const SPAN_SLOT: usize = SLOTS;
const STATUS_SLOT: usize = SLOTS + 1;
const EVENT_SLOT: usize = SLOTS + 2;
const LINK_SLOT: usize = SLOTS + 3;
const NAME_SLOT: usize = SLOTS + 4;
const MESSAGE_SLOT: usize = SLOTS + 5;
const STATE_SLOT: usize = SLOTS + 6;

const NULL: u8 = 0x6e;

/** A required id, as `tag`, length and bytes. */
@inline
function idField(p: usize, tag: u16, long: bool): usize {
  store<u16>(out, tag);
  setOut(out + 2);
  return long ? traceId(p) : spanId(p);
}

@inline
export function textField(p: usize, tag: u8, slot: usize): usize {
  store<u8>(out, tag);
  setOut(out + 1);
  return text(p, slot);
}

/** A fixed64 field. The value stays in `magnitude`. */
@inline
function time(p: usize, tag: u8): usize {
  p = nanoseconds(p);
  if (p == 0) return 0;
  store<u8>(out, tag);
  store<u64>(out, magnitude, 1);
  setOut(out + 9);
  return p;
}

/** A varint field that is left out when it is 0. */
export function count(p: usize, tag: u8, most: u64): usize {
  p = unsigned(p, most);
  if (p != 0 && magnitude != 0) {
    store<u8>(out, tag);
    setOut(writeVarint(out + 1, magnitude));
  }
  return p;
}

function flags(p: usize, tag: u16, size: usize): usize {
  p = unsigned(p, 0xffffffff);
  if (p != 0 && magnitude != 0) {
    store<u16>(out, tag);
    store<u32>(out + size, <u32>magnitude);
    setOut(out + size + 4);
  }
  return p;
}

/** An enum: a number, the same in quotes, or one of the names. */
function named(p: usize, tag: u8, names: usize): usize {
  if (load<u8>(p) != QUOTE || load<u8>(p, 1) < 0x3a) return count(p, tag, 0x7fffffff);
  const number = keyAt(names, 0, p + 1);
  if (number < 0) return fail(p);
  if (number > 0) {
    store<u16>(out, tag | <u16>(number << 8));
    setOut(out + 2);
  }
  return p + 1 + keyLength(names, number);
}

/** The fields of the Span that begins at `p`, with its length. */
export function span(p: usize): usize {
  const start = out;
  const reserve = reserved(SPAN_SLOT);
  setOut(start + reserve);
  if (load<u8>(p) != OPEN) return fail(p);
  const first = p;
  let seen = 0;
  let have = 0;
  let before = FIRST;
  p = space(p + 1);
  if (load<u8>(p) == CLOSE) return fail(first);
  while (true) {
    if (load<u8>(p) != QUOTE) return fail(p);
    const key = keyAt(SPAN, before, p + 1);
    if (key < 0) {
      p = skipUnknown(p);
    } else {
      if ((seen & (1 << key)) != 0) return fail(p);
      seen |= 1 << key;
      before = key;
      p = colon(p + 1 + keyLength(SPAN, key));
      if (p == 0) return 0;
      if (load<u8>(p) == NULL) {
        p = literal(p);
      } else {
        have |= 1 << key;
        p = spanField(key, p);
      }
    }
    if (p == 0) return 0;
    p = space(p);
    const c = load<u8>(p);
    if (c == CLOSE) break;
    if (c != COMMA) return fail(p);
    p = space(p + 1);
  }
  // Both ids and both times: what lacks one is judged by the lenient path.
  if ((have & 0b11000011) != 0b11000011 || started == 0 || ended == 0) return fail(first);
  const length = out - start - reserve;
  trace += varintSize(length) - reserve;
  close(SPAN_SLOT, start, reserve);
  return p + 1;
}

function spanField(key: i32, p: usize): usize {
  switch (key) {
    case 0:
      trace = out + 2;
      p = idField(p, 0x100a, true);
      return p != 0 && zero ? fail(p) : p;
    case 1:
      p = idField(p, 0x0812, false);
      return p != 0 && zero ? fail(p) : p;
    case 2:
      return textField(p, 0x1a, STATE_SLOT);
    case 3:
      return parent(p);
    case 4:
      return textField(p, 0x2a, NAME_SLOT);
    case 5:
      return named(p, 0x30, KIND);
    case 6:
      p = time(p, 0x39);
      started = magnitude;
      return p;
    case 7:
      p = time(p, 0x41);
      ended = magnitude;
      return p;
    case 8:
      return attributes(p, 0x4a, 0);
    case 9:
      return count(p, 0x50, 0xffffffff);
    case 10:
      return objects(p, EVENT, 0x5a);
    case 11:
      return count(p, 0x60, 0xffffffff);
    case 12:
      return objects(p, LINK, 0x6a);
    case 13:
      return count(p, 0x70, 0xffffffff);
    case 14:
      store<u8>(out, 0x7a);
      setOut(out + 1);
      return object(p, STATUS, STATUS_SLOT);
    default:
      return flags(p, 0x0185, 2);
  }
}

/** Absent for a root, which writers also say as an empty or an all-zero id. */
function parent(p: usize): usize {
  if (load<u16>(p) == 0x2222) return p + 2;
  const start = out;
  p = idField(p, 0x0822, false);
  if (p != 0 && zero) setOut(start);
  return p;
}

/** Events or links, each as `tag`, length and message. */
function objects(p: usize, shape: usize, tag: u8): usize {
  if (load<u8>(p) != OPEN_LIST) return fail(p);
  p = space(p + 1);
  if (load<u8>(p) == CLOSE_LIST) return p + 1;
  while (true) {
    store<u8>(out, tag);
    setOut(out + 1);
    p = object(p, shape, shape == EVENT ? EVENT_SLOT : LINK_SLOT);
    if (p == 0) return 0;
    p = space(p);
    const c = load<u8>(p);
    if (c == CLOSE_LIST) return p + 1;
    if (c != COMMA) return fail(p);
    p = space(p + 1);
  }
  return 0;
}

/** An event, a link or a status with its length. */
function object(p: usize, shape: usize, slot: usize): usize {
  if (load<u8>(p) != OPEN) return fail(p);
  const first = p;
  const start = out;
  const reserve = reserved(slot);
  setOut(start + reserve);
  let seen = 0;
  let have = 0;
  let before = FIRST;
  p = space(p + 1);
  if (load<u8>(p) != CLOSE) {
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
        if (load<u8>(p) == NULL) {
          p = literal(p);
        } else {
          have |= 1 << key;
          p = shape == EVENT ? eventField(key, p) : shape == LINK ? linkField(key, p) : statusField(key, p);
        }
      }
      if (p == 0) return 0;
      p = space(p);
      const c = load<u8>(p);
      if (c == CLOSE) break;
      if (c != COMMA) return fail(p);
      p = space(p + 1);
    }
  }
  if (shape == LINK && (have & 3) != 3) return fail(first);
  close(slot, start, reserve);
  return p + 1;
}

function eventField(key: i32, p: usize): usize {
  switch (key) {
    case 0:
      return time(p, 0x09);
    case 1:
      return textField(p, 0x12, NAME_SLOT);
    case 2:
      return attributes(p, 0x1a, 0);
    default:
      return count(p, 0x20, 0xffffffff);
  }
}

function linkField(key: i32, p: usize): usize {
  switch (key) {
    case 0:
      p = idField(p, 0x100a, true);
      return p != 0 && zero ? fail(p) : p;
    case 1:
      p = idField(p, 0x0812, false);
      return p != 0 && zero ? fail(p) : p;
    case 2:
      return textField(p, 0x1a, STATE_SLOT);
    case 3:
      return attributes(p, 0x22, 0);
    case 4:
      return count(p, 0x28, 0xffffffff);
    default:
      return flags(p, 0x35, 1);
  }
}

function statusField(key: i32, p: usize): usize {
  return key == 0 ? textField(p, 0x12, MESSAGE_SLOT) : named(p, 0x18, CODE);
}
