import { instantiateKernel, type KernelExports, ownerOf } from './module.ts';

/** Small enough to stay in the cache between the copy and the look at it. */
const PIECE = 64 * 1024;
const PAGE = 65_536;

/** Finds where the array it stands in ends, in pieces that may be cut anywhere. */
export type Skimmer = {
  /** The position behind the array's bracket, or nothing when it does not end before `end`. Then it goes on with the next bytes. */
  readonly find: (bytes: Uint8Array, at: number, end: number) => number | undefined;
};

let shared: KernelExports | undefined;

/** A skimmer that begins inside an array, or nothing without WebAssembly SIMD. Only one is at work at any moment between two pieces. */
export function createSkimmer(): Skimmer | undefined {
  shared ??= instantiateKernel();
  const kernel = shared;
  if (!kernel) return undefined;
  let state: SkimState = { depth: 1, inside: 0, escaped: 0 };
  return {
    find(bytes, at, end) {
      const owner = ownerOf(bytes);
      const by = owner ?? kernel;
      by.skimFrom(state.depth, state.inside, state.escaped);
      const found = owner ? inPlace(owner, bytes, at, end) : inCopies(kernel, bytes, at, end);
      state = { depth: by.skimDepth(), inside: by.skimInside(), escaped: by.skimEscaped() };
      return found;
    },
  };
}

function inPlace(kernel: KernelExports, { byteOffset }: Uint8Array, at: number, end: number): number | undefined {
  const found = kernel.skim(byteOffset + at, byteOffset + end);
  return found === 0 ? undefined : found - byteOffset;
}

function inCopies(kernel: KernelExports, bytes: Uint8Array, at: number, end: number): number | undefined {
  const base = kernel.base();
  const missing = base + PIECE - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE));
  const scratch = new Uint8Array(kernel.memory.buffer, base, PIECE);
  for (let from = at; from < end; from += PIECE) {
    const piece = bytes.subarray(from, Math.min(end, from + PIECE));
    scratch.set(piece);
    const found = kernel.skim(base, base + piece.length);
    if (found !== 0) return from + found - base;
  }
  return undefined;
}

/** Files are transcoded side by side, so each keeps its own state between pieces. */
type SkimState = { readonly depth: number; readonly inside: number; readonly escaped: number };
