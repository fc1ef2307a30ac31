import { isFailed } from '../api/failure.ts';
import type { SecondLook } from './drive.ts';
import { Filler } from './intake/filler.ts';
import { openIntake } from './intake/intake.ts';
import type { Window } from './kernel.ts';
import type { Input, Settings } from './port.ts';

const WINDOW = 1024 * 1024;

/**
 * Reads the file a second time, for headers that come behind their spans. A plain file is opened where the walk stands; a
 * compressed one must be read from its beginning, so its stream stays open: places only move forward.
 */
export function secondLooks(input: Input, settings: Settings, seekable: boolean, signal: AbortSignal) {
  let open: Filler | undefined;

  const close = async (): Promise<void> => {
    const closing = open;
    open = undefined;
    await closing?.close();
  };

  const openAt = async (offset: number): Promise<Filler> => {
    if (open && !seekable && open.window.offset <= offset) return open;
    await close();
    const from = seekable ? offset : 0;
    const chunks = seekable ? input.open(from, signal)[Symbol.asyncIterator]() : (await openIntake(input, settings, signal)).chunks;
    const window: Window = { bytes: new Uint8Array(WINDOW), end: 0, offset: from, ended: false };
    open = new Filler(window, chunks, (size) => larger(window.bytes, size), Math.max(WINDOW, 4 * settings.maxBatchBytes));
    return open;
  };

  const look: SecondLook = async (offset, ahead) => {
    const filler = await openAt(offset);
    await filler.skipTo(offset, signal);
    const place = { at: 0 };
    const walk = ahead.over({ window: filler.window, place, warn: () => {} });
    try {
      for (let answer = true; !walk.next(answer).done; place.at = 0) answer = await filler.fill(place.at, signal);
    } catch (thrown) {
      // What is broken is found again by the walk itself, in its place.
      if (!isFailed(thrown)) throw thrown;
    }
    if (seekable) await close();
  };

  return { look, close };
}

function larger(bytes: Uint8Array, size: number): Uint8Array {
  const grown = new Uint8Array(size);
  grown.set(bytes);
  return grown;
}
