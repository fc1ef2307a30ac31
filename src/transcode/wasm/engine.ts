import { plainEngine } from '../engine.ts';
import type { CreateEngine, FastKernel, HeaderKind, HeaderRun, Seam, SpanRun, SpanSink, Window } from '../kernel.ts';
import { LONGEST_SEAM } from '../kernel.ts';
import { kernelMemory, MARGIN } from './memory.ts';
import { instantiateKernel, type KernelExports } from './module.ts';
import { validEnd } from './utf8.ts';

/** As many trace ids as the module tells at once. */
const TRACES = 1024;
/** Where the module tells what: see RESULT in assembly/index.ts. */
const TOLD = {
  at: 0,
  out: 1,
  spans: 2,
  traces: 3,
  firstLow: 4,
  firstHigh: 5,
  lastLow: 6,
  lastHigh: 7,
  arrays: 8,
  spansInArrays: 9,
  resource: 10,
  resourceKept: 11,
  scopeKept: 12,
} as const;
const TOLD_LENGTH = 13;

const reasons = ['end', 'separator', 'more', 'declined', 'full', 'drain'] as const;

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
  const memory = kernelMemory(first, sizes);
  const { buffers, arenaAt } = memory;
  const checkedEnd = utf8Guard();
  const heard: { resource?: Heard; scope?: Heard } = {};

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
  const read = (kernel: KernelExports): void => {
    const { buffer } = kernel.memory;
    if (told.buffer !== buffer) {
      told = new Uint32Array(buffer, kernel.result(), TOLD_LENGTH);
      ids = new Uint32Array(buffer, kernel.traces(), TRACES * 4);
    }
  };

  let known: { readonly seam: Seam; readonly buffer: ArrayBuffer } | undefined;
  /** Tells the module about a seam, once; returns how long its text is. */
  const lengthOf = (kernel: KernelExports, seam: Seam | undefined): number => {
    if (!seam) return 0;
    const { buffer } = kernel.memory;
    if (seam !== known?.seam || buffer !== known.buffer) {
      const sides = [seam.resource.before, seam.scope.before, seam.scope.behind, seam.resource.behind] as const;
      const [outerBefore, innerBefore, innerBehind, outerBehind] = sides;
      new Uint8Array(buffer, kernel.seam()).set(seam.text);
      new Uint8Array(buffer, kernel.around()).set(Buffer.concat(sides));
      kernel.measure(outerBefore.length, innerBefore.length, innerBehind.length, outerBehind.length);
      known = { seam, buffer };
    }
    return seam.text.length;
  };

  const run = (window: Window, at: number, out: SpanSink): { why: number; at: number } => {
    const { arena, leap } = out;
    const end = checkedEnd(window, at);
    if (end <= at) return { why: 3, at };
    const kernel = memory.kernel();
    const windowAt = memory.windowAt();
    const base = arenaAt();
    const length = lengthOf(kernel, leap?.seam);
    if (leap) kernel.leapFrom(base + leap.at, base + leap.spansAt, base + leap.limit);
    const why = cut(window, end, () => kernel.spans(windowAt + at, windowAt + end, base + arena.length, base + arena.limit, length));
    read(kernel);
    const spans = told[TOLD.spans]!;
    const arrays = told[TOLD.arrays]!;
    const before = told[TOLD.spansInArrays]!;
    arena.length = told[TOLD.out]! - base;
    if (arrays > 0) {
      const resourceAt = told[TOLD.resource]! - base;
      out.leapt({ arrays, spans: before, at: resourceAt, resourceKept: told[TOLD.resourceKept]!, scopeKept: told[TOLD.scopeKept]! });
    }
    if (spans > before) out.count(spans - before);
    if (spans > 0) {
      out.times(told[TOLD.firstHigh]!, told[TOLD.firstLow]!, told[TOLD.lastHigh]!, told[TOLD.lastLow]!);
      out.traces(ids, told[TOLD.traces]!);
    }
    return { why: why === 2 && window.ended ? 3 : why, at: told[TOLD.at]! - windowAt };
  };

  const ours = (window: Window) => window.bytes.buffer === memory.kernel().memory.buffer;

  let frames: { readonly buffer?: ArrayBuffer; readonly texts: Uint8Array[]; last: number } = { texts: [], last: 0 };
  /** Where a text lies in the memory of the module: it takes the place of the one that was laid before the last. */
  const frameOf = (kernel: KernelExports, text: Uint8Array): number => {
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
    stands(window, at, text) {
      const kernel = memory.kernel();
      return at + text.length <= window.end && kernel.same(memory.windowAt() + at, frameOf(kernel, text), text.length) !== 0;
    },
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
      const kernel = memory.kernel();
      const windowAt = memory.windowAt();
      const to = arenaAt() + sizes.arena;
      const why = cut(window, end, () => kernel.header(windowAt + at, windowAt + end, to, kind === 'resource' ? 0 : 1));
      if (why === 2 && !window.ended) return { why: 'more' };
      if (why !== 0) return { why: 'declined' };
      read(kernel);
      const behind = told[TOLD.at]! - windowAt;
      const message = new Uint8Array(kernel.memory.buffer, to, told[TOLD.out]! - to).slice();
      heard[kind] = { text: window.bytes.slice(at, behind), message };
      return { why: 'done', at: behind, message };
    },
  };

  return { buffers, fast };
};
