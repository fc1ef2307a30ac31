import { type Failure, failureOf } from '../../../src/api/failure.ts';
import { type Batch, defaultSettings, type Input, type Settings, type Summary, type Transcode } from '../../../src/transcode/port.ts';
import { transcode } from '../../../src/transcode/transcode.ts';

/** A file in memory that comes in chunks of one size, each of which is spoilt when the next one is asked for, as a thread does. */
export function inputOf(content: Uint8Array | string, chunk = 65_536, name?: string): Input {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  async function* read(from: number): AsyncGenerator<Uint8Array> {
    for (let at = from; at < bytes.length; at += chunk) {
      const piece = Buffer.from(bytes.subarray(at, at + chunk));
      yield piece;
      piece.fill(0xff);
    }
  }
  return { open: (from) => read(from), size: bytes.length, ...(name === undefined ? {} : { name }) };
}

/** What came of a file: a summary, or a failure, and the batches before it. */
export type Outcome = { readonly summary?: Summary; readonly failure?: Failure; readonly batches: readonly Batch[] };

export type Feeding = { readonly chunk?: number; readonly settings?: Partial<Settings>; readonly name?: string; readonly with?: Transcode };

/** Transcodes a file in memory; a failure is an outcome, too. */
export async function feed(content: Uint8Array | string, { chunk, settings, name, with: run = transcode }: Feeding = {}): Promise<Outcome> {
  const batches: Batch[] = [];
  try {
    const summary = await run(inputOf(content, chunk, name), { ...defaultSettings, ...settings }, ({ index, body, spans, release }) => {
      batches.push({ index, body: Uint8Array.from(body), spans });
      release?.();
    });
    return { summary, batches };
  } catch (thrown) {
    const { reason, message } = failureOf(thrown);
    return { failure: { reason, message }, batches };
  }
}
