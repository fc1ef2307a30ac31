import { plainEngine } from '../engine.ts';
import type { CreateEngine, HeaderKind, HeaderRun, Seam, SpanKernel, SpanRun, SpanSink, Window } from '../kernel.ts';
import { instantiateKernel, type KernelExports, ownMemory } from './module.ts';
import { validEnd } from './utf8.ts';

const PAGE = 65_536;
/** Zero bytes that the module puts behind the content. */
const MARGIN = 64;
/** Steps of 16 bytes and lengths reserved too long may run over what a span needs. */
const SLACK = PAGE;

/** As many trace ids as the module tells at once. */
const TRACES = 1024;
/** As many arrays as it leaves over a seam in one run. */
const ARRAYS = 1024;

const reasons = ['end', 'separator', 'more', 'declined', 'full', 'drain'] as const;

/** Window and arena in the memory of one kernel: [module's own][window][margin][arena][as much as the window][slack]. */
type Place = { readonly windowAt: number; readonly window: Uint8Array; readonly arenaAt: number; readonly arena: Uint8Array };

function lay(kernel: KernelExports, windowSize: number, arenaSize: number): Place {
  const windowAt = kernel.base();
  const arenaAt = (windowAt + windowSize + MARGIN + 15) & ~15;
  const missing = arenaAt + arenaSize + windowSize + SLACK - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE));
  ownMemory(kernel);
  const { buffer } = kernel.memory;
  return {
    windowAt,
    window: new Uint8Array(buffer, windowAt, windowSize),
    arenaAt,
    arena: new Uint8Array(buffer, arenaAt, arenaSize),
  };
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

/** An engine with window and arena in the memory of a fresh kernel, so that nothing is copied between them. */
export const createWasmEngine: CreateEngine = (sizes) => {
  const kernel = instantiateKernel();
  if (!kernel) return plainEngine(sizes);
  let place = lay(kernel, sizes.window, sizes.arena);
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
  let arrays = new Uint32Array(0);
  const results = (): Uint32Array => {
    const { buffer } = kernel.memory;
    if (told.buffer !== buffer) {
      told = new Uint32Array(buffer, kernel.result(), 9);
      ids = new Uint32Array(buffer, kernel.traces(), TRACES * 4);
      arrays = new Uint32Array(buffer, kernel.arrays(), ARRAYS * 2);
    }
    return told;
  };

  let laid: Seam | undefined;
  /** Lays a seam into the memory of the module, once. */
  const lengthOf = (seam: Seam | undefined): number => {
    if (!seam) return 0;
    if (seam !== laid) new Uint8Array(kernel.memory.buffer, kernel.seam()).set(seam.text);
    laid = seam;
    return seam.text.length;
  };

  const run = (window: Window, at: number, out: SpanSink): { why: number; at: number } => {
    const { arena, seam } = out;
    const end = checkedEnd(window, at);
    if (end <= at) return { why: 3, at };
    const { windowAt, arenaAt } = place;
    const to = arenaAt + arena.length;
    const limit = arenaAt + arena.limit;
    const length = lengthOf(seam);
    const why = cut(window, end, () => kernel.spans(windowAt + at, windowAt + end, to, limit, length, seam?.overhead ?? 0));
    results();
    let counted = 0;
    for (let i = 0; i < told[8]! * 2; i += 2) {
      arena.length = arrays[i]! - arenaAt;
      out.count(arrays[i + 1]! - counted);
      counted = arrays[i + 1]!;
      arena.limit -= seam!.overhead;
      out.passed();
    }
    const spans = told[2]!;
    arena.length = told[1]! - arenaAt;
    if (spans > counted) out.count(spans - counted);
    if (spans > 0) {
      out.times(told[5]!, told[4]!, told[7]!, told[6]!);
      out.traces(ids, told[3]!);
    }
    return { why: why === 2 && window.ended ? 3 : why, at: told[0]! - windowAt };
  };

  const ours = (window: Window) => window.bytes.buffer === kernel.memory.buffer;

  const fast: SpanKernel = {
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
      const { windowAt, arenaAt, arena } = place;
      const to = arenaAt + arena.length;
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

  return {
    buffers: {
      window: () => place.window,
      arena: () => place.arena,
      growWindow(size) {
        if (size <= place.window.length) return;
        const before = place;
        const after = lay(kernel, size, sizes.arena);
        new Uint8Array(kernel.memory.buffer).copyWithin(after.arenaAt, before.arenaAt, before.arenaAt + sizes.arena);
        place = after;
      },
    },
    fast,
  };
};
