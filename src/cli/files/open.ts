import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { Failed, fail } from '../../api/failure.ts';
import type { Input } from '../../transcode/port.ts';
import type { Io } from '../terminal/io.ts';
import { createSpool } from './spool.ts';

/** A file under the hands of a command. */
export type OpenFile = { readonly input: Input; readonly close: () => Promise<void> };

const PIECE = 256 * 1024;

/** Opens a file by its path; `-` is standard input. What cannot be read is told in a sentence. */
export async function openFile(path: string, io: Pick<Io, 'stdin'>): Promise<OpenFile> {
  if (path === '-') return openStream(io.stdin, 'standard input', async () => {});
  const file = await open(path, constants.O_RDONLY).catch((error: NodeJS.ErrnoException) => fail('Unreadable', sentence(error)));
  const about = await file.stat();
  if (about.isDirectory()) {
    await file.close();
    return fail('Unreadable', `it is a directory; name the files in it, such as ${path.replace(/\/+$/, '')}/*.json`);
  }
  // A pipe can be read only once, wherever it is named: <(zcat …), /dev/stdin.
  if (!about.isFile()) return openStream(file.createReadStream({ autoClose: false }), basename(path), () => file.close());
  const input: Input = { open: (from, signal) => readFrom(file, from, signal), size: about.size, name: basename(path) };
  return { input, close: () => file.close() };
}

/** Two pieces of memory take turns, one being read into while the other is looked at: fresh ones would pile up until the collector comes. */
async function* readFrom(file: FileHandle, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const pieces = [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)] as const;
  const read = (turn: 0 | 1, at: number) => {
    const reading = file.read(pieces[turn], 0, PIECE, at);
    // One that fails while the piece before is looked at is told in its turn, or not asked for any more.
    reading.catch(() => {});
    return reading;
  };
  let reading = read(0, from);
  try {
    for (let [turn, at]: [0 | 1, number] = [0, from]; ; turn = turn === 0 ? 1 : 0) {
      signal.throwIfAborted();
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      at += bytesRead;
      reading = read(turn === 0 ? 1 : 0, at);
      yield pieces[turn].subarray(0, bytesRead);
    }
  } catch (error) {
    throw told(error);
  } finally {
    // Nobody closes the file under a read.
    await reading.catch(() => {});
  }
}

/** A stream as a file that can be opened several times, at any offset: what was read is kept. Readers may stand in different places. */
function openStream(stream: AsyncIterable<Uint8Array>, name: string, closeStream: () => Promise<void>): OpenFile {
  const spool = createSpool();
  const chunks = stream[Symbol.asyncIterator]();
  let reading: Promise<Uint8Array | undefined> | undefined;

  /** The next chunk of the stream, for whoever is at its end; undefined behind the last one. */
  const pull = (): Promise<Uint8Array | undefined> => {
    reading ??= (async () => {
      const next = await chunks.next();
      if (next.done) return undefined;
      await spool.append(next.value);
      return next.value;
    })().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  async function* read(from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = from; ; ) {
      signal.throwIfAborted();
      if (at < spool.length()) {
        const bytes = await spool.read(at);
        at += bytes.length;
        yield bytes;
      } else {
        const before = spool.length();
        const next = await pull().catch((error) => Promise.reject(told(error)));
        if (!next) return;
        if (at !== before) continue;
        at += next.length;
        yield next;
      }
    }
  }

  const close = async (): Promise<void> => {
    await chunks.return?.();
    await spool.close();
    await closeStream();
  };
  return { input: { open: read, name }, close };
}

/** What the system said, as a failure. */
function told(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  return new Failed({ reason: 'Unreadable', message: sentence(error), cause: error });
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'syscall' in error;

export const noSuchFile = 'there is no such file';

const words: Readonly<Record<string, string>> = {
  ENOENT: noSuchFile,
  ENOTDIR: noSuchFile,
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links lead in a circle',
  EIO: 'the disk reports an error',
};

const sentence = (error: NodeJS.ErrnoException): string => words[error.code ?? ''] ?? `it cannot be read (${error.code ?? error.message})`;
