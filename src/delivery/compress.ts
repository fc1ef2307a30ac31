import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { Compression } from './destination.ts';

const gzipped = promisify(gzip);
const zstdCompressed = promisify(zstdCompress);

/** The name of a compression on the wire; nothing for none. */
export const encodings = { None: undefined, Zstd: 'zstd', Gzip: 'gzip' } as const satisfies Record<Compression, string | undefined>;

/** Compresses outside the main thread. Level 1 of both: higher levels cost several times as much for a few percent. */
export async function compress(body: Uint8Array, compression: Compression): Promise<Uint8Array> {
  // One chunk for nearly all outputs: the default of 16 KiB spends its time gluing.
  const chunkSize = Math.max(16_384, Math.min(body.length, 1_048_576));
  switch (compression) {
    case 'None':
      return body;
    case 'Gzip':
      return gzipped(body, { level: 1, chunkSize });
    case 'Zstd':
      return zstdCompressed(body, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  }
}
