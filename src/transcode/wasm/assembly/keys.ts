/**
 * The keys of the objects of a span. A writer repeats itself, so the key that followed last time is compared first, whole: its text
 * and the closing quote as two vectors under a mask.
 */

const ENTRY: usize = 80;
const LENGTH: usize = 64;
const ENTRIES: usize = 64;

/** What the first key of an object is said to follow. */
export const FIRST: u32 = 31;

/** Shapes: first the guesses (by the key before), then the number of keys at 63, then up to 20 entries. */
export const SPAN: usize = memory.data(1664, 16);
export const EVENT: usize = memory.data(1664, 16);
export const LINK: usize = memory.data(1664, 16);
export const STATUS: usize = memory.data(1664, 16);
export const RESOURCE: usize = memory.data(1664, 16);
export const SCOPE: usize = memory.data(1664, 16);
export const KIND: usize = memory.data(1664, 16);
export const CODE: usize = memory.data(1664, 16);
export const ATTRIBUTE: usize = memory.data(1664, 16);
export const VALUE: usize = memory.data(1664, 16);
export const LIST: usize = memory.data(1664, 16);

function key(shape: usize, name: string): void {
  const count = load<u8>(shape, 63);
  const entry = shape + ENTRIES + count * ENTRY;
  const length = name.length;
  for (let i = 0; i <= length; i++) {
    store<u8>(entry + i, <u8>(i == length ? 0x22 : name.charCodeAt(i)));
    store<u8>(entry + 32 + i, 0xff);
  }
  store<u8>(entry + LENGTH, <u8>(length + 1));
  store<u8>(shape, count + 1, 63);
  // Until it has seen better, it expects the keys in the order of the schema.
  store<u8>(shape + (count == 0 ? FIRST : count - 1), count);
}

@inline
function is(entry: usize, p: usize): bool {
  const a = v128.and(v128.xor(v128.load(p), v128.load(entry)), v128.load(entry, 32));
  const b = v128.and(v128.xor(v128.load(p, 16), v128.load(entry, 16)), v128.load(entry, 48));
  return !v128.any_true(v128.or(a, b));
}

/** The number of the key whose text begins at `p`, or -1 when the shape has no such key. The guess is kept at `place`. */
@inline
export function keyGuessed(shape: usize, place: usize, p: usize): i32 {
  const guess = load<u8>(place);
  return is(shape + ENTRIES + guess * ENTRY, p) ? guess : search(shape, place, p);
}

/** The same, guessed by the key before. */
@inline
export function keyAt(shape: usize, before: u32, p: usize): i32 {
  return keyGuessed(shape, shape + before, p);
}

function search(shape: usize, place: usize, p: usize): i32 {
  const count = <i32>load<u8>(shape, 63);
  for (let i = 0; i < count; i++) {
    if (is(shape + ENTRIES + <usize>i * ENTRY, p)) {
      store<u8>(place, <u8>i);
      return i;
    }
  }
  return -1;
}

/** How many bytes the text of a key and its closing quote take. */
@inline
export function keyLength(shape: usize, key: i32): usize {
  return load<u8>(shape + ENTRIES + <usize>key * ENTRY, LENGTH);
}

key(SPAN, 'traceId');
key(SPAN, 'spanId');
key(SPAN, 'traceState');
key(SPAN, 'parentSpanId');
key(SPAN, 'name');
key(SPAN, 'kind');
key(SPAN, 'startTimeUnixNano');
key(SPAN, 'endTimeUnixNano');
key(SPAN, 'attributes');
key(SPAN, 'droppedAttributesCount');
key(SPAN, 'events');
key(SPAN, 'droppedEventsCount');
key(SPAN, 'links');
key(SPAN, 'droppedLinksCount');
key(SPAN, 'status');
key(SPAN, 'flags');

key(EVENT, 'timeUnixNano');
key(EVENT, 'name');
key(EVENT, 'attributes');
key(EVENT, 'droppedAttributesCount');

key(LINK, 'traceId');
key(LINK, 'spanId');
key(LINK, 'traceState');
key(LINK, 'attributes');
key(LINK, 'droppedAttributesCount');
key(LINK, 'flags');

key(STATUS, 'message');
key(STATUS, 'code');

key(RESOURCE, 'attributes');
key(RESOURCE, 'droppedAttributesCount');
key(RESOURCE, 'entityRefs');

key(SCOPE, 'name');
key(SCOPE, 'version');
key(SCOPE, 'attributes');
key(SCOPE, 'droppedAttributesCount');

key(ATTRIBUTE, 'key');
key(ATTRIBUTE, 'value');

key(VALUE, 'stringValue');
key(VALUE, 'boolValue');
key(VALUE, 'intValue');
key(VALUE, 'doubleValue');
key(VALUE, 'arrayValue');
key(VALUE, 'kvlistValue');
key(VALUE, 'bytesValue');

key(LIST, 'values');

key(KIND, 'SPAN_KIND_UNSPECIFIED');
key(KIND, 'SPAN_KIND_INTERNAL');
key(KIND, 'SPAN_KIND_SERVER');
key(KIND, 'SPAN_KIND_CLIENT');
key(KIND, 'SPAN_KIND_PRODUCER');
key(KIND, 'SPAN_KIND_CONSUMER');

key(CODE, 'STATUS_CODE_UNSET');
key(CODE, 'STATUS_CODE_OK');
key(CODE, 'STATUS_CODE_ERROR');
