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
  let last: Uint8Array | undefined;
  /** An engine fills one piece of memory after the other, each perhaps in several outputs: when it is at the next one, the last one is free. */
  const judged = (piece: Uint8Array): Uint8Array => {
    if (last && last.buffer !== piece.buffer) free(last);
    last = piece;
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
    if (last) free(last);
  } finally {
    pump.close();
  }
}

/** The collector would come for it much later, and often, since it counts how much of it there was. */
function free({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === OUTPUT_CHUNK) buffer.transfer(0);
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
  /** The engine is done with its data; it takes no more, and does not even answer. */
  let ended = false;
  let wake = (): void => {};
  /** An engine that was replaced may still have something to say; nobody listens. */
  const settle = (engine: Gunzip | ZstdDecompress, thrown?: Error | null): void => {
    if (engine !== current) return;
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
    engine.on('error', (thrown) => settle(engine, thrown));
    engine.on('end', () => {
      if (engine === current) ended = true;
      settle(engine);
    });
    ended = false;
    return engine;
  };
  let current = start();

  async function* drain(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const output = queue.shift();
      if (output) {
        yield output;
        continue;
      }
      if (error) throw new Failed(damage(error, compression));
      if (settled && current.readableLength === 0) return;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (current.isPaused()) current.resume();
      if (queue.length === 0 && !error && !(settled && current.readableLength === 0)) await woken;
    }
  }

  return {
    async *feed(piece) {
      if (ended && compression === 'gzip') return;
      for (let rest = piece; ; ) {
        const engine = current;
        const before = engine.bytesWritten;
        settled = false;
        current.write(rest, (thrown) => settle(engine, thrown));
        yield* drain();
        rest = rest.subarray(current.bytesWritten - before);
        // A zstd engine ends behind a frame where more follows, a gunzip only before zeros, which are padding.
        if (rest.length === 0 || compression === 'gzip') return;
        current.destroy();
        current = start();
      }
    },
    async *finish() {
      if (ended) return;
      settled = false;
      current.end();
      yield* drain();
    },
    close: () => current.destroy(),
  };
}

function damage(error: Error & { code?: string }, compression: Compression): Failed['failure'] {
  const truncated = error.code === 'Z_BUF_ERROR' || /unexpected end/i.test(error.message) || error.code === 'ZSTD_error_srcSize_wrong';
  return truncated
    ? { reason: 'Truncated', message: `the ${compression} data ends in the middle` }
    : { reason: 'InvalidCompression', message: `the ${compression} data is damaged: ${error.message}` };
}
