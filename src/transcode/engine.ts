import type { CreateEngine } from './kernel.ts';

/** Buffers of plain memory and no fast kernel: what is left where WebAssembly SIMD is not to be had. */
export const plainEngine: CreateEngine = (sizes) => {
  let window = new Uint8Array(sizes.window);
  const arena = new Uint8Array(sizes.arena);
  const growWindow = (size: number): void => {
    const larger = new Uint8Array(size);
    larger.set(window);
    window = larger;
  };
  return { buffers: { window: () => window, arena: () => arena, growWindow } };
};
