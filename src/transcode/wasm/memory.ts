import type { Buffers } from '../kernel.ts';
import { instantiateKernel, type KernelExports, ownMemory } from './module.ts';

const PAGE = 65_536;
/** Zero bytes that the module puts behind the content. */
export const MARGIN = 64;
/** Steps of 16 bytes and lengths reserved too long may run over what a span needs. */
const SLACK = PAGE;

/** One is filled while a body lies in the other. */
const ARENAS = 2;

/**
 * Window and arenas in the memory of one kernel: [module's own][window][margin], and each arena with [as much as the window][slack] behind
 * it. Those that are not `free` are being filled, or lent as bodies.
 */
type Layout = { readonly windowAt: number; readonly window: Uint8Array; readonly free: number[] };

function layOut(kernel: KernelExports, windowSize: number, arenaSize: number): Layout {
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

export type KernelMemory = {
  readonly buffers: Buffers;
  /** Another one after the window has grown, perhaps. */
  readonly kernel: () => KernelExports;
  readonly windowAt: () => number;
  readonly arenaAt: () => number;
};

/** The memory of a kernel, which belongs to one transcoding at a time, but for the bodies that lie in it. */
export function kernelMemory(first: KernelExports, sizes: { readonly window: number; readonly arena: number }): KernelMemory {
  let kernel = first;
  let layout = layOut(kernel, sizes.window, sizes.arena);
  /** The arena at hand; nothing while it is lent and no other was asked for. */
  let arena = layout.free.pop();

  /** There is one: the last is never lent. */
  const arenaAt = (): number => {
    arena ??= layout.free.pop() as number;
    return arena;
  };

  const isLent = (): boolean => layout.free.length + (arena === undefined ? 0 : 1) < ARENAS;

  const lend = (): (() => void) | undefined => {
    const { free } = layout;
    const lent = arena;
    if (free.length === 0 || lent === undefined) return undefined;
    arena = undefined;
    let back = false;
    return () => {
      if (!back) free.push(lent);
      back = true;
    };
  };

  /** Memory that grows moves, and lent bodies would be lost: they keep theirs, and a fresh kernel gets its own. */
  const growWindow = (size: number): void => {
    if (size <= layout.window.length) return;
    const { memory } = kernel;
    const { windowAt, window } = layout;
    const length = window.length;
    const from = arenaAt();
    // The module was compiled for the first one.
    const larger = isLent() ? (instantiateKernel() as KernelExports) : kernel;
    layout = layOut(larger, size, sizes.arena);
    kernel = larger;
    arena = layout.free.pop() as number;
    const before = new Uint8Array(memory.buffer);
    // The arena first: in the same memory, the window now reaches into where it was.
    new Uint8Array(kernel.memory.buffer).set(before.subarray(from, from + sizes.arena), arena);
    if (kernel.memory !== memory) layout.window.set(before.subarray(windowAt, windowAt + length));
  };

  return {
    buffers: {
      window: () => layout.window,
      arena: () => new Uint8Array(kernel.memory.buffer, arenaAt(), sizes.arena),
      growWindow,
      lend,
      isLent,
    },
    kernel: () => kernel,
    windowAt: () => layout.windowAt,
    arenaAt,
  };
}
