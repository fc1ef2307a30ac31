import type { Input, Settings } from '../port.ts';
import { type Chunks, peekBytes } from './chunks.ts';
import { type Compression, compressionOf, inflate } from './inflate.ts';
import { isFramed, unframe } from './unframe.ts';

/** A file opened: its bytes without compression and framing, and what those were. */
export type Intake = {
  readonly chunks: Chunks;
  readonly compression: Compression | undefined;
  readonly framed: boolean;
  /** Offsets of the content are offsets of the file, so that a second read may start anywhere. */
  readonly seekable: boolean;
};

/** Neither compressed nor framed: what the file holds is what it is. */
export const isPlain = (head: Uint8Array): boolean => compressionOf(head) === undefined && !isFramed(head);

/** Opens a file and tells by content how it is packed. */
export async function openIntake(input: Input, settings: Settings, signal: AbortSignal): Promise<Intake> {
  const raw = await peekBytes(input.open(0, signal)[Symbol.asyncIterator](), 4);
  const compression = compressionOf(raw.head);
  const expansion = { maxRatio: settings.maxExpansionRatio, ...(input.size === undefined ? {} : { compressedSize: input.size }) };
  const chunks = compression ? inflate(raw.all, compression, expansion) : raw.all;
  const opened = await peekBytes(chunks, 9).catch((thrown: unknown) => ({ head: new Uint8Array(0), all: broken(thrown) }));
  const framed = isFramed(opened.head);
  return {
    chunks: framed ? unframe(opened.all, settings.maxExpansionRatio) : opened.all,
    compression,
    framed,
    seekable: !compression && !framed,
  };
}

/** Chunks that begin with what went wrong; it is told in its place. */
// biome-ignore lint/correctness/useYield: it ends before the first chunk
async function* broken(thrown: unknown): AsyncGenerator<Uint8Array> {
  throw thrown;
}
