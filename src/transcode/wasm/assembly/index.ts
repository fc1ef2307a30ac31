import { header as headerAt } from './header';
import { RESOURCE, SCOPE } from './keys';
import { space } from './space';

export { leapFrom, measure, same } from './seam';
export { skim, skimDepth, skimEscaped, skimFrom, skimInside } from './skim';
import { AROUND, FRAME, follows, leap, resource, resourceKept, SEAM, scopeKept } from './seam';
import { ended, span, started, trace } from './span';
import { CLOSE_LIST, COMMA, fault, out, setOut } from './state';

/**
 * Bytes of OTLP JSON in, bytes of OTLP protobuf out. The host owns the memory beyond `base` and lays the window and the arena there; it
 * passes addresses and reads results from `RESULT`. Reading stops at the zero bytes that are put behind the window, since no JSON
 * token goes on over a zero byte, and a span never takes more room than its text, so an arena with as much room behind its limit as the
 * window is large cannot be overrun.
 */

/**
 * at, out, spans, trace ids (u32 each), first start, last end (u64 each); arrays that were left over a seam, and the spans in them; where
 * the ResourceSpans at hand begins, and what is kept for the beginning of itself and of its scope (u32 each).
 */
const RESULT: usize = memory.data(64, 16);

/** Trace ids of consecutive spans, without immediate repetition. */
const TRACES: usize = memory.data(16384, 16);
const MOST_TRACES: u32 = 1024;

/** Zero bytes behind the window; no function reads further than this beyond the byte that stops it. */
const MARGIN: usize = 64;

const END: i32 = 0;
const SEPARATOR: i32 = 1;
const MORE: i32 = 2;
const DECLINED: i32 = 3;
const FULL: i32 = 4;
/** Only between module and host: the list of trace ids is full. */
const DRAIN: i32 = 5;

export function result(): usize {
  return RESULT;
}

export function traces(): usize {
  return TRACES;
}

export function seam(): usize {
  return SEAM;
}

export function frame(): usize {
  return FRAME;
}

export function around(): usize {
  return AROUND;
}

/** Where the memory of the host begins. */
export function base(): usize {
  return (__heap_base + 15) & ~15;
}

function seal(end: usize): void {
  for (let i: usize = 0; i < MARGIN; i += 16) v128.store(end + i, i64x2.splat(0));
}

/** What stopped near the end of the window may only be cut off. */
@inline
function stopped(end: usize): i32 {
  return fault + MARGIN > end ? MORE : DECLINED;
}

/**
 * Transcodes the elements of an array of spans from `p` on, each as a field with tag 2, to `to` and at most to `limit`. Where a seam of
 * `length` bytes follows the array it goes on in the next one.
 */
export function spans(p: usize, end: usize, to: usize, limit: usize, length: usize): i32 {
  let count: u32 = 0;
  let seen: u32 = 0;
  let finished: u32 = 0;
  let before: u32 = 0;
  let first: u64 = u64.MAX_VALUE;
  let last: u64 = 0;
  let lastId = i64x2.splat(0);
  let why = SEPARATOR;
  seal(end);
  setOut(to);
  while (true) {
    const start = out;
    store<u8>(start, 0x12);
    setOut(start + 1);
    const next = span(p);
    if (next == 0 || out > limit) {
      setOut(start);
      why = next == 0 ? stopped(end) : FULL;
      break;
    }
    count++;
    if (started < first) first = started;
    if (ended > last) last = ended;
    const id = v128.load(trace);
    if (v128.any_true(v128.xor(id, lastId))) {
      v128.store(TRACES + (seen << 4), id);
      lastId = id;
      seen++;
    }
    p = space(next);
    const c = load<u8>(p);
    if (c == COMMA) {
      const element = space(p + 1);
      if (element >= end) {
        p = next;
        break;
      }
      p = element;
      if (seen == MOST_TRACES) {
        why = DRAIN;
        break;
      }
      continue;
    }
    if (c == CLOSE_LIST) {
      p++;
      if (length != 0 && seen < MOST_TRACES && follows(p, length, end)) {
        const further = leap();
        if (further != 0) {
          limit = further;
          finished++;
          before = count;
          p += length;
          continue;
        }
      }
      why = END;
    } else {
      p = next;
    }
    break;
  }
  store<u32>(RESULT, <u32>p);
  store<u32>(RESULT, <u32>out, 4);
  store<u32>(RESULT, count, 8);
  store<u32>(RESULT, seen, 12);
  store<u64>(RESULT, first, 16);
  store<u64>(RESULT, last, 24);
  store<u32>(RESULT, finished, 32);
  store<u32>(RESULT, before, 36);
  store<u32>(RESULT, <u32>resource, 40);
  store<u32>(RESULT, <u32>resourceKept, 44);
  store<u32>(RESULT, <u32>scopeKept(), 48);
  return why;
}

/** Transcodes the resource (0) or scope (1) at `p` to `to`. */
export function header(p: usize, end: usize, to: usize, kind: i32): i32 {
  seal(end);
  setOut(to);
  const next = headerAt(p, kind == 0 ? RESOURCE : SCOPE);
  if (next == 0) return stopped(end);
  store<u32>(RESULT, <u32>next);
  store<u32>(RESULT, <u32>out, 4);
  return END;
}
