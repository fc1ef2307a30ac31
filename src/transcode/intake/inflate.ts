import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import { Failed, fail } from '../../api/failure.ts';
import { type Chunks, inPieces, over } from './chunks.ts';

export type Compression = 'gzip' | 'zstd';

/** Small output chunks cost half of the speed. */
const OUTPUT_CHUNK = 1024 * 1024;
const INPUT_PIECE = 128 * 1024;
/** Before so much has come out, no ratio is held against a file. */
const HARMLESS = 64 * 1024 * 1024;

export type Expansion = { readonly maxRatio: number; readonly compressedSize?: number };

/** Told by the first bytes, never by the name. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return undefined;
}

/**
 * Decompresses all members or frames. What comes out before an error is always the same: the input is fed in pieces of one size and
 * all output of a piece is handed on before the error is.
 */
export const inflate = (chunks: Chunks, compression: Compression, expansion: Expansion): Chunks =>
  over(chunks, inflated(chunks, compression, expansion));

async function* inflated(chunks: Chunks, compression: Compression, expansion: Expansion): AsyncGenerator<Uint8Array> {
  const pump = startPump(compression);
  let fed = 0;
  let out = 0;
  const judged = (piece: Uint8Array): Uint8Array => {
    out += piece.length;
    if (out > HARMLESS && out > expansion.maxRatio * Math.max(fed, expansion.compressedSize ?? 0)) {
      fail('ExpansionLimit', `more than ${expansion.maxRatio} bytes come out of each compressed byte`);
    }
    return piece;
  };
  try {
    for await (const piece of inPieces(chunks, INPUT_PIECE)) {
      fed += piece.length;
      for await (const output of pump.feed(piece)) yield judged(output);
    }
    for await (const output of pump.finish()) yield judged(output);
  } finally {
    pump.close();
  }
}

type Pump = {
  readonly feed: (piece: Uint8Array) => AsyncGenerator<Uint8Array>;
  readonly finish: () => AsyncGenerator<Uint8Array>;
  readonly close: () => void;
};

function startPump(compression: Compression): Pump {
  const options = { chunkSize: OUTPUT_CHUNK, readableHighWaterMark: 1 };
  const queue: Uint8Array[] = [];
  let error: Error | undefined;
  let settled = true;
  let wake = (): void => {};
  const settle = (thrown?: Error | null): void => {
    error ??= thrown ?? undefined;
    settled = true;
    wake();
  };
  const start = (): Gunzip | ZstdDecompress => {
    const engine: Gunzip | ZstdDecompress = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
    engine.on('data', (output: Uint8Array) => {
      queue.push(output);
      engine.pause();
      wake();
    });
    engine.on('error', settle);
    engine.on('end', () => settle());
    return engine;
  };
  let engine = start();

  async function* drain(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const output = queue.shift();
      if (output) {
        yield output;
        continue;
      }
      if (error) throw new Failed(damage(error, compression));
      if (settled && engine.readableLength === 0) return;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (engine.isPaused()) engine.resume();
      if (queue.length === 0 && !error && !(settled && engine.readableLength === 0)) await woken;
    }
  }

  return {
    async *feed(piece) {
      for (let rest = piece; ; ) {
        const before = engine.bytesWritten;
        settled = false;
        engine.write(rest, settle);
        yield* drain();
        rest = rest.subarray(engine.bytesWritten - before);
        // A zstd engine ends behind a frame where more follows, a gunzip only before zeros, which are padding.
        if (rest.length === 0 || compression === 'gzip') return;
        engine.destroy();
        engine = start();
      }
    },
    async *finish() {
      settled = false;
      engine.end();
      yield* drain();
    },
    close: () => engine.destroy(),
  };
}

function damage(error: Error & { code?: string }, compression: Compression): Failed['failure'] {
  const truncated = error.code === 'Z_BUF_ERROR' || /unexpected end/i.test(error.message) || error.code === 'ZSTD_error_srcSize_wrong';
  return truncated
    ? { reason: 'Truncated', message: `the ${compression} data ends in the middle` }
    : { reason: 'InvalidCompression', message: `the ${compression} data is damaged: ${error.message}` };
}
