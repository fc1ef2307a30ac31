import { setFlagsFromString } from 'node:v8';
import { kernelBase64 } from './kernel.generated.ts';

/** What the module of assembly/index.ts exports. All arguments are addresses in its memory. */
export type KernelExports = {
  readonly memory: WebAssembly.Memory;
  readonly base: () => number;
  readonly result: () => number;
  readonly traces: () => number;
  readonly seam: () => number;
  readonly around: () => number;
  readonly frame: () => number;
  readonly same: (at: number, text: number, length: number) => number;
  readonly measure: (resourceBefore: number, scopeBefore: number, scopeBehind: number, resourceBehind: number) => void;
  readonly leapFrom: (resource: number, spans: number, limit: number) => void;
  readonly spans: (at: number, end: number, to: number, limit: number, seam: number) => number;
  readonly header: (at: number, end: number, to: number, kind: number) => number;
  readonly skimFrom: (brackets: number, inString: number, behind: number) => void;
  readonly skimDepth: () => number;
  readonly skimInside: () => number;
  readonly skimEscaped: () => number;
  readonly skim: (at: number, end: number) => number;
};

/** Which kernel works in a memory, for those who meet bytes that lie there already. */
const owners = new WeakMap<ArrayBufferLike, KernelExports>();

export const ownMemory = (kernel: KernelExports): void => void owners.set(kernel.memory.buffer, kernel);

export const ownerOf = ({ buffer }: Uint8Array): KernelExports | undefined => owners.get(buffer);

let compiled: WebAssembly.Module | undefined;

/**
 * V8 compiles a function of a module quickly at first, and well once it has run for long enough, on another thread. All of this module is
 * hot from the first megabyte on, so a hundredth of the usual time is enough to tell.
 */
const SOON = '--wasm-tiering-budget=130000';

function compile(): WebAssembly.Module {
  setFlagsFromString(SOON);
  return new WebAssembly.Module(Buffer.from(kernelBase64, 'base64'));
}

/** A fresh instance with a memory of its own, or nothing where the runtime has no WebAssembly SIMD. */
export function instantiateKernel(): KernelExports | undefined {
  try {
    compiled ??= compile();
  } catch {
    return undefined;
  }
  return new WebAssembly.Instance(compiled).exports as KernelExports;
}
