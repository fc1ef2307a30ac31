import { varintSize, writeVarint } from './frame';
import { OPEN, out, setOut } from './state';

/** The text between two arrays of spans, from behind the one to the first span of the other: laid here by the host. */
export const SEAM: usize = memory.data(8192, 16);

/** What small files have before and behind their spans: laid here by the host, which asks whether it stands somewhere. */
export const FRAME: usize = memory.data(16384, 16);

/** What stands around the spans of each array, one behind the other: before those of the resource and of the scope, and behind them. */
export const AROUND: usize = memory.data(8192, 16);
let resourceBefore: usize = 0;
let scopeBefore: usize = 0;
let scopeBehind: usize = 0;
let resourceBehind: usize = 0;

/** What the tags and lengths of a ResourceSpans and its scope take at most. */
const FRAMING: usize = 12;

const RESOURCE_SPANS: u8 = 0x0a;
const SCOPE_SPANS: u8 = 0x12;

/** Where the ResourceSpans at hand begins, and its first span. */
export let resource: usize = 0;
let spansAt: usize = 0;
/** Of the bytes between, so many are for what stands before the scope. */
export let resourceKept: usize = 0;
/** Where the batch ends at the latest. */
let most: usize = 0;

/** How long the four pieces in AROUND are. */
export function measure(first: usize, second: usize, third: usize, fourth: usize): void {
  resourceBefore = first;
  scopeBefore = second;
  scopeBehind = third;
  resourceBehind = fourth;
}

/** Where the array at hand stands in the arena. */
export function leapFrom(at: usize, spans: usize, limit: usize): void {
  resource = at;
  spansAt = spans;
  most = limit;
}

export function scopeKept(): usize {
  return spansAt - resource - resourceKept;
}

/** Whether the seam stands at `p`, and a span behind it. */
export function follows(p: usize, length: usize, end: usize): bool {
  return p + length < end && load<u8>(p + length) == OPEN && same(p, SEAM, length);
}

/** Whether a text stands at `p`. */
export function same(p: usize, text: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) {
    if (v128.any_true(v128.xor(v128.load(p + i), v128.load(text + i)))) return false;
  }
  for (; i < length; i++) if (load<u8>(p + i) != load<u8>(text + i)) return false;
  return true;
}

/**
 * Closes the ResourceSpans that ends with the spans before `out`, and opens the next one, for which as much room is kept as this one took.
 * Returns how far spans may go there, or 0 where there is no room: then nothing is done.
 */
export function leap(): usize {
  const content = out - spansAt;
  const inScope: usize = scopeBefore + content + scopeBehind;
  const inResource: usize = resourceBefore + 1 + varintSize(inScope) + inScope + resourceBehind;
  const kept: usize = 1 + varintSize(inResource) + resourceBefore;
  const begin: usize = resource + kept + 1 + varintSize(inScope) + scopeBefore;
  const next = begin + content + scopeBehind + resourceBehind;
  const limit = most - scopeBehind - resourceBehind - FRAMING;
  if (next + (begin - resource) + FRAMING > limit) return 0;
  if (begin != spansAt) memory.copy(begin, spansAt, content);
  let at = resource;
  store<u8>(at, RESOURCE_SPANS);
  at = put(writeVarint(at + 1, inResource), AROUND, resourceBefore);
  store<u8>(at, SCOPE_SPANS);
  put(writeVarint(at + 1, inScope), AROUND + resourceBefore, scopeBefore);
  put(begin + content, AROUND + resourceBefore + scopeBefore, scopeBehind + resourceBehind);
  spansAt = next + begin - resource;
  resource = next;
  resourceKept = kept;
  setOut(spansAt);
  return limit;
}

/** Headers are short mostly, and a call out of the module is not cheap. Spans may stand behind: not a byte more may be written. */
function put(to: usize, from: usize, length: usize): usize {
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < length; i++) store<u8>(to + i, load<u8>(from + i));
  return to + length;
}
