import { plainEngine } from '../engine.ts';
import type { Buffers, CreateEngine, FastKernel, HeaderKind, HeaderRun, Seam, SpanRun, SpanSink, Window } from '../kernel.ts';
import { LONGEST_SEAM } from '../kernel.ts';
import { instantiateKernel, type KernelExports, ownMemory } from './module.ts';
import { validEnd } from './utf8.ts';

const PAGE = 65_536;
/** Zero bytes that the module puts behind the content. */
const MARGIN = 64;
/** Steps of 16 bytes and lengths reserved too long may run over what a span needs. */
const SLACK = PAGE;

/** As many trace ids as the module tells at once. */
const TRACES = 1024;
/** One is filled while a body lies in the other. */
const ARENAS = 2;

const reasons = ['end', 'separator', 'more', 'declined', 'full', 'drain'] as const;

/**
 * Window and arenas in the memory of one kernel: [module's own][window][margin], and each arena with [as much as the window][slack] behind
 * it. Those that are not `free` are being filled, or lent as bodies.
 */
type Place = { readonly windowAt: number; readonly window: Uint8Array; readonly free: number[] };

function lay(kernel: KernelExports, windowSize: number, arenaSize: number): Place {
  const windowAt = kernel.base();
  const first = (windowAt + windowSize + MARGIN + 15) & ~15;
  const each = (arenaSize + windowSize + SLACK + 15) & ~15;
  const missing = first + ARENAS * each - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE));
  ownMemory(kernel);
  const window = new Uint8Array(kernel.memory.buffer, windowAt, windowSize);
  // The last is taken first.
  return { windowAt, window, free: Array.from({ length: ARENAS }, (_, i) => first + (ARENAS - 1 - i) * each) };
}

/** Says up to where a window may be read, and remembers how far it was found to be UTF-8, so that every byte is checked once. */
function utf8Guard() {
  let of: Window | undefined;
  let from = 0;
  let to = 0;
  let valid = true;
  return (window: Window, at: number): number => {
    const { offset, bytes, end } = window;
    const start = offset + at;
    if (of !== window || start < from || start > to) {
      of = window;
      from = start;
      to = start;
      valid = true;
    }
    if (valid && to < offset + end) {
      const found = validEnd(bytes, to - offset, end, window.ended);
      to = offset + found.at;
      valid = found.valid;
    }
    // What is cut off by the end of the window belongs to an element that is cut off as well.
    return valid ? end : to - offset;
  };
}

/** A header as it was read last: where many documents are in a file, most have the same. */
type Heard = { readonly text: Uint8Array; readonly message: Uint8Array };

function repeated(heard: Heard | undefined, { bytes, end }: Window, at: number): HeaderRun | undefined {
  if (!heard || at + heard.text.length > end) return undefined;
  const behind = at + heard.text.length;
  const same = Buffer.prototype.compare.call(bytes, heard.text, 0, heard.text.length, at, behind) === 0;
  return same ? { why: 'done', at: behind, message: heard.message } : undefined;
}

/** An engine with window and arenas in the memory of a fresh kernel, so that nothing is copied between them. */
export const createWasmEngine: CreateEngine = (sizes) => {
  const first = instantiateKernel();
  if (!first) return plainEngine(sizes);
  let kernel: KernelExports = first;
  let place = lay(kernel, sizes.window, sizes.arena);
  /** The arena at hand; nothing while it is lent and no other was asked for. */
  let arenaAt = place.free.pop();
  const checkedEnd = utf8Guard();
  const heard: { resource?: Heard; scope?: Heard } = {};

  const arenaHere = (): number => {
    arenaAt ??= place.free.pop() as number;
    return arenaAt;
  };

  const lend = (): (() => void) | undefined => {
    const { free } = place;
    const lent = arenaAt;
    if (free.length === 0 || lent === undefined) return undefined;
    arenaAt = undefined;
    let back = false;
    return () => {
      if (!back) free.push(lent);
      back = true;
    };
  };

  /** Memory that grows moves, and lent bodies would be lost: they keep theirs, and a fresh kernel gets its own. */
  const growWindow = (size: number): void => {
    if (size <= place.window.length) return;
    const { memory } = kernel;
    const from = { windowAt: place.windowAt, window: place.window.length, arenaAt: arenaHere() };
    if (place.free.length + 1 < ARENAS) kernel = instantiateKernel() as KernelExports;
    place = lay(kernel, size, sizes.arena);
    arenaAt = place.free.pop() as number;
    const before = new Uint8Array(memory.buffer);
    // The arena first: in the same memory, the window now reaches into where it was.
    new Uint8Array(kernel.memory.buffer).set(before.subarray(from.arenaAt, from.arenaAt + sizes.arena), arenaAt);
    if (kernel.memory !== memory) place.window.set(before.subarray(from.windowAt, from.windowAt + from.window));
  };

  const buffers: Buffers = {
    window: () => place.window,
    arena: () => new Uint8Array(kernel.memory.buffer, arenaHere(), sizes.arena),
    growWindow,
    lend,
  };

  /** Runs with the content cut at `end`. The module writes zeros behind it, which must not cost what stands there. */
  const cut = (window: Window, end: number, run: () => number): number => {
    if (end === window.end) return run();
    const behind = window.bytes.slice(end, end + MARGIN);
    const why = run();
    window.bytes.set(behind, end);
    return why === 2 ? 3 : why;
  };

  /** What the module tells: results and trace ids, in place. The views last until the memory grows. */
  let told = new Uint32Array(0);
  let ids = new Uint32Array(0);
  const results = (): Uint32Array => {
    const { buffer } = kernel.memory;
    if (told.buffer !== buffer) {
      told = new Uint32Array(buffer, kernel.result(), 13);
      ids = new Uint32Array(buffer, kernel.traces(), TRACES * 4);
    }
    return told;
  };

  let laid: { readonly seam: Seam; readonly buffer: ArrayBuffer } | undefined;
  /** Lays a seam into the memory of the module, once; returns how long its text is. */
  const lengthOf = (seam: Seam | undefined): number => {
    if (!seam) return 0;
    const { buffer } = kernel.memory;
    if (seam !== laid?.seam || buffer !== laid.buffer) {
      const sides = [seam.resource.before, seam.scope.before, seam.scope.behind, seam.resource.behind] as const;
      const [outerBefore, innerBefore, innerBehind, outerBehind] = sides;
      new Uint8Array(buffer, kernel.seam()).set(seam.text);
      new Uint8Array(buffer, kernel.around()).set(Buffer.concat(sides));
      kernel.measure(outerBefore.length, innerBefore.length, innerBehind.length, outerBehind.length);
      laid = { seam, buffer };
    }
    return seam.text.length;
  };

  const run = (window: Window, at: number, out: SpanSink): { why: number; at: number } => {
    const { arena, leap } = out;
    const end = checkedEnd(window, at);
    if (end <= at) return { why: 3, at };
    const { windowAt } = place;
    const base = arenaHere();
    const length = lengthOf(leap?.seam);
    if (leap) kernel.leapFrom(base + leap.at, base + leap.spansAt, base + leap.limit);
    const why = cut(window, end, () => kernel.spans(windowAt + at, windowAt + end, base + arena.length, base + arena.limit, length));
    results();
    const spans = told[2]!;
    const arrays = told[8]!;
    const before = told[9]!;
    arena.length = told[1]! - base;
    if (arrays > 0) out.leapt({ arrays, spans: before, at: told[10]! - base, resourceKept: told[11]!, scopeKept: told[12]! });
    if (spans > before) out.count(spans - before);
    if (spans > 0) {
      out.times(told[5]!, told[4]!, told[7]!, told[6]!);
      out.traces(ids, told[3]!);
    }
    return { why: why === 2 && window.ended ? 3 : why, at: told[0]! - windowAt };
  };

  const ours = (window: Window) => window.bytes.buffer === kernel.memory.buffer;

  let frames: { readonly buffer?: ArrayBuffer; readonly texts: Uint8Array[]; last: number } = { texts: [], last: 0 };
  /** Where a text lies in the memory of the module: it takes the place of the one that was laid before the last. */
  const frameOf = (text: Uint8Array): number => {
    const { buffer } = kernel.memory;
    if (frames.buffer !== buffer) frames = { buffer, texts: [], last: 0 };
    const { texts } = frames;
    const found = texts[0] === text ? 0 : texts[1] === text ? 1 : -1;
    const index = found < 0 ? 1 - frames.last : found;
    const at = kernel.frame() + index * LONGEST_SEAM;
    if (found >= 0) return at;
    new Uint8Array(buffer, at).set(text);
    texts[index] = text;
    frames.last = index;
    return at;
  };

  const fast: FastKernel = {
    stands: (window, at, text) => at + text.length <= window.end && kernel.same(place.windowAt + at, frameOf(text), text.length) !== 0,
    spans(window: Window, at: number, out: SpanSink): SpanRun {
      if (!ours(window)) return { why: 'declined', at };
      let done = run(window, at, out);
      while (done.why === 5) done = run(window, done.at, out);
      const why = reasons[done.why] ?? 'declined';
      return { why: why === 'drain' ? 'declined' : why, at: done.at };
    },
    header(window: Window, at: number, kind: HeaderKind): HeaderRun {
      const again = repeated(heard[kind], window, at);
      if (again) return again;
      const end = checkedEnd(window, at);
      if (!ours(window) || end <= at) return { why: 'declined' };
      const { windowAt } = place;
      const to = arenaHere() + sizes.arena;
      const why = cut(window, end, () => kernel.header(windowAt + at, windowAt + end, to, kind === 'resource' ? 0 : 1));
      if (why === 2 && !window.ended) return { why: 'more' };
      if (why !== 0) return { why: 'declined' };
      results();
      const behind = told[0]! - windowAt;
      const message = new Uint8Array(kernel.memory.buffer, to, told[1]! - to).slice();
      heard[kind] = { text: window.bytes.slice(at, behind), message };
      return { why: 'done', at: behind, message };
    },
  };

  return { buffers, fast };
};
