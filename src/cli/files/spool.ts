import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fail } from '../../api/failure.ts';
import { temporaryFile } from './temporary.ts';

/** Bytes kept in memory before a temporary file is made for the rest. */
const IN_MEMORY = 16 * 1024 * 1024;
const PIECE = 1024 * 1024;

/** Bytes that are written once, in order, and read as often as needed: the first ones in memory, the rest in a temporary file. */
export type Spool = {
  readonly length: () => number;
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** Some bytes from `from` on, at least one; `from` is below `length`. */
  readonly read: (from: number) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
};

/** An empty spool. `append` keeps what it is given and must be awaited before the next. */
export function createSpool(inMemory = IN_MEMORY): Spool {
  const held: { readonly from: number; readonly bytes: Uint8Array }[] = [];
  let memory = 0;
  let length = 0;
  let file: FileHandle | undefined;

  const append = async (bytes: Uint8Array): Promise<void> => {
    if (bytes.length === 0) return;
    if (!file && length + bytes.length <= inMemory) {
      held.push({ from: length, bytes });
      memory += bytes.length;
    } else {
      file = await kept(file, bytes, length - memory);
    }
    length += bytes.length;
  };

  const read = async (from: number): Promise<Uint8Array> => {
    if (from < memory) {
      const { from: start, bytes } = held[last(held, from)]!;
      return bytes.subarray(from - start);
    }
    const { buffer, bytesRead } = await file!.read(Buffer.allocUnsafe(Math.min(PIECE, length - from)), 0, undefined, from - memory);
    return buffer.subarray(0, bytesRead);
  };

  const close = async (): Promise<void> => {
    held.length = 0;
    await file?.close();
  };

  return { length: () => length, append, read, close };
}

/** The last element that begins at or before `from`. */
function last(held: readonly { readonly from: number }[], from: number): number {
  let low = 0;
  let high = held.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (held[middle]!.from <= from) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Writes to the temporary file, which is made when the first bytes come. */
async function kept(file: FileHandle | undefined, bytes: Uint8Array, at: number): Promise<FileHandle> {
  try {
    const made = file ?? (await temporaryFile());
    await writeAll(made, bytes, at);
    return made;
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    const said = why === 'ENOSPC' ? 'the disk is full' : String(why);
    return fail('Unreadable', `it does not fit into memory, and ${tmpdir()} cannot take it: ${said}; TMPDIR names another folder`);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
