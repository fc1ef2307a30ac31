import { zstdDecompressSync } from 'node:zlib';
import { fail } from '../../api/failure.ts';
import type { Chunks } from './chunks.ts';
import { compressionOf } from './inflate.ts';

/** A message of the collector's file exporter that is larger than this is no message. */
const MAX_FRAME = 256 * 1024 * 1024;

/** The first byte of a big-endian length; no text and no protobuf file starts with so small a byte. */
const SMALL = 0x08;

/** A 4-byte big-endian length, then protobuf, JSON, or either in zstd: what the collector's file exporter writes. */
export function isFramed(head: Uint8Array): boolean {
  if (head.length < 9 || (head[0] as number) > SMALL || lengthAt(head, 0) === 0) return false;
  return head[4] === 0x0a || head[4] === 0x7b || compressionOf(head.subarray(4)) === 'zstd';
}

const lengthAt = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);

/**
 * Takes the lengths away and decompresses messages that are compressed one by one. What is left is one stream: JSON documents in a
 * row, or protobuf messages in a row, which are one message to protobuf.
 */
export async function* unframe(chunks: Chunks, maxRatio: number): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0);
  let wanted = 4;
  let frame = -1;
  try {
    for (;;) {
      while (held.length >= wanted) {
        if (frame < 0) {
          frame = lengthAt(held, 0);
          if (frame > MAX_FRAME)
            fail('InvalidProtobuf', `a length of ${frame} bytes is in front of a message; at most ${MAX_FRAME} are read`);
          held = held.subarray(4);
        } else {
          if (frame > 0) yield plain(held.subarray(0, frame), maxRatio);
          held = held.subarray(frame);
          frame = -1;
        }
        wanted = frame < 0 ? 4 : frame;
      }
      const more = await gather(chunks, held, wanted);
      if (!more) break;
      held = more;
    }
    if (held.length > 0 || frame > 0) fail('Truncated', `the file ends ${wanted - held.length} bytes before the end of a message`);
  } finally {
    await chunks.return?.();
  }
}

/** Reads until there are `wanted` bytes; undefined where the file ends first. */
async function gather(chunks: Chunks, held: Uint8Array, wanted: number): Promise<Uint8Array | undefined> {
  const parts = [held];
  let length = held.length;
  while (length < wanted) {
    const next = await chunks.next();
    if (next.done) break;
    parts.push(next.value);
    length += next.value.length;
  }
  const all = Buffer.concat(parts);
  if (length < wanted && length > held.length)
    return fail('Truncated', `the file ends ${wanted - length} bytes before the end of a message`);
  return length < wanted ? undefined : all;
}

function plain(frame: Uint8Array, maxRatio: number): Uint8Array {
  if (compressionOf(frame) !== 'zstd') return frame;
  try {
    return zstdDecompressSync(frame, { maxOutputLength: Math.max(MAX_FRAME, frame.length * maxRatio) });
  } catch (thrown) {
    return fail('InvalidCompression', `a message cannot be decompressed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}
