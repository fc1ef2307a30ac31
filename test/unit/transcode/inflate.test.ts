import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Compression, inflate } from '../../../src/transcode/intake/inflate.ts';

const content = Buffer.from(Array.from({ length: 400_000 }, (_, n) => `span ${n};`).join(''));
const half = content.length >> 1;

async function* arriving(packed: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < packed.length; at += 50_000) yield packed.subarray(at, at + 50_000);
}

test.each<[what: string, compression: Compression, packed: Uint8Array]>([
  ['a gzip file', 'gzip', gzipSync(content)],
  ['two members of gzip', 'gzip', Buffer.concat([gzipSync(content.subarray(0, half)), gzipSync(content.subarray(half))])],
  ['two frames of zstd', 'zstd', Buffer.concat([zstdCompressSync(content.subarray(0, half)), zstdCompressSync(content.subarray(half))])],
])('the memory of what came out of %s is free once it is used, and not before', async (_what, compression, packed) => {
  const chunks = inflate(arriving(packed), compression, { maxRatio: 200 });
  const copies: Uint8Array[] = [];
  const seen: ArrayBufferLike[] = [];
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    expect(next.value.length).toBeGreaterThan(0);
    copies.push(new Uint8Array(next.value));
    seen.push(next.value.buffer);
    // Who uses a chunk slowly finds it as it was.
    await new Promise((resolve) => setImmediate(resolve));
    expect(Buffer.compare(next.value, copies.at(-1) as Uint8Array)).toBe(0);
  }
  expect(Buffer.concat(copies).equals(content)).toBe(true);
  expect(new Set(seen).size).toBeGreaterThan(2);
  expect(seen.filter(({ byteLength }) => byteLength > 0)).toEqual([]);
});
