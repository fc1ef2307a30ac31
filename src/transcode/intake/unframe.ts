import { zstdDecompressSync } from 'node:zlib';
import { fail } from '../../api/failure.ts';
import { type Chunks, over } from './chunks.ts';
import { compressionOf } from './inflate.ts';

/** A message of the collector's file exporter that is larger than this is no message. */
const MAX_FRAME = 256 * 1024 * 1024;

/** Before so much has come out, no ratio is held against a message. */
const HARMLESS = 64 * 1024 * 1024;

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
export const unframe = (chunks: Chunks, maxRatio: number): Chunks => over(chunks, unframed(bytewise(chunks), maxRatio));

async function* unframed(source: Source, maxRatio: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const length = await source.take(4);
    if (length.length === 0) return;
    if (length.length < 4) tooShort(4 - length.length);
    const size = lengthAt(length, 0);
    const start = new Uint8Array(await source.take(Math.min(size, 4)));
    if (compressionOf(start) === 'zstd') {
      if (size > MAX_FRAME) fail('InvalidProtobuf', `a message of ${size} bytes is announced; at most ${MAX_FRAME} are read`);
      const rest = await source.take(size - 4);
      if (rest.length < size - 4) tooShort(size - 4 - rest.length);
      yield plain(Buffer.concat([start, rest]), maxRatio);
      continue;
    }
    yield start;
    for (let left = size - start.length; left > 0; ) {
      const part = await source.some(left);
      if (part.length === 0) tooShort(left);
      yield part;
      left -= part.length;
    }
  }
}

const tooShort = (missing: number): never => fail('Truncated', `the file ends ${missing} bytes before the end of a message`);

const NOTHING = new Uint8Array(0);

/** Bytes by number instead of by chunk; fewer come only at the end. */
type Source = { readonly take: (size: number) => Promise<Uint8Array>; readonly some: (most: number) => Promise<Uint8Array> };

function bytewise(chunks: Chunks): Source {
  let held: Uint8Array = NOTHING;
  const some = async (most: number): Promise<Uint8Array> => {
    while (held.length === 0) {
      const next = await chunks.next();
      if (next.done) return held;
      held = next.value;
    }
    const part = held.subarray(0, most);
    held = part.length < held.length ? held.subarray(part.length) : NOTHING;
    return part;
  };
  const take = async (size: number): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    for (let left = size; left > 0; ) {
      const part = await some(left);
      if (part.length === 0) break;
      left -= part.length;
      parts.push(left > 0 ? new Uint8Array(part) : part);
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  };
  return { take, some };
}

function plain(frame: Uint8Array, maxRatio: number): Uint8Array {
  if (compressionOf(frame) !== 'zstd') return frame;
  const most = Math.min(MAX_FRAME, Math.max(HARMLESS, frame.length * maxRatio));
  try {
    return zstdDecompressSync(frame, { maxOutputLength: most });
  } catch (thrown) {
    if (thrown instanceof RangeError) return fail('ExpansionLimit', `more than ${most} bytes come out of a message of ${frame.length}`);
    return fail('InvalidCompression', `a message cannot be decompressed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}
