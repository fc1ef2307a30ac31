import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../../src/transcode/port.ts';
import { transcoder } from '../../../src/transcode/transcode.ts';
import { createWasmEngine } from '../../../src/transcode/wasm/engine.ts';
import { ownerOf } from '../../../src/transcode/wasm/module.ts';
import { spansOf } from '../../support/traces/decode.ts';
import { documentOf, spanText } from '../../support/traces/documents.ts';
import { inputOf } from '../../support/traces/feed.ts';

describe('a body that was not released', () => {
  const line = (index: number, size: number) => documentOf(spanText({ name: JSON.stringify(`${index} `.padEnd(size, 'x')) }));
  /** More batches than there are arenas, and a span at the end for which the window must grow. */
  const file = [...Array.from({ length: 1_400 }, (_, i) => line(i, 9_000)), line(1_400, 3_000_000), line(1_401, 9_000)].join('\n');

  test.each([
    ['every one', () => true],
    ['none', () => false],
    ['every second one', (index: number) => index % 2 === 0],
    ['every third one', (index: number) => index % 3 === 0],
  ])('stays as it is, where %s is released, twice', async (_which, isReleased) => {
    const kept: { readonly body: Uint8Array; readonly copy: Uint8Array; readonly release: (() => void) | undefined }[] = [];
    const run = transcoder(createWasmEngine);
    for (let files = 0; files < 2; files++) {
      const taken: Uint8Array[] = [];
      const summary = await run(inputOf(file), defaultSettings, ({ index, body, release }) => {
        taken.push(Uint8Array.from(body));
        if (!isReleased(index)) kept.push({ body, copy: Uint8Array.from(body), release });
        else for (let times = 0; times < 2; times++) release?.();
      });
      expect(summary.spans).toBe(1_402);
      expect(spansOf(taken)).toHaveLength(1_402);
    }
    for (const { body, copy } of kept) expect(Buffer.compare(body, copy)).toBe(0);
    for (const { release } of kept) release?.();
    expect((await run(inputOf(file), defaultSettings, () => {})).spans).toBe(1_402);
  });

  test('lies where it was made, and so does the next one once it is back', async () => {
    const bodies: { readonly memory: ArrayBufferLike; readonly at: number; readonly isKernels: boolean }[] = [];
    const lines = file.slice(0, file.lastIndexOf('\n', 12_000_000));
    await transcoder(createWasmEngine)(inputOf(lines), defaultSettings, ({ body, release }) => {
      bodies.push({ memory: body.buffer, at: body.byteOffset, isKernels: ownerOf(body) !== undefined });
      release?.();
    });
    expect(bodies).toHaveLength(3);
    for (const body of bodies) expect(body).toEqual({ ...bodies[0], isKernels: true });
  });
});
