import { Failed, failureOf } from '../../../src/api/failure.ts';
import type { Batch, FileResult, Settings, Share, SharedBatch, SmallFile, Transcode, TranscodeMany } from '../../../src/transcode/port.ts';

/** One more batch of a file that was to have one at most. */
const Second = Symbol('a second batch');

type Alone = { readonly result: FileResult; readonly batch?: Batch };

/** A `transcodeMany` of any `transcode`: one file after the other, and what comes of them joined. Requests in a row are one request to protobuf. */
export const many =
  (transcode: Transcode): TranscodeMany =>
  async (files, settings, take, signal) => {
    const results: FileResult[] = [];
    let held: Batch[] = [];
    let shares: Share[] = [];
    let index = 0;
    const size = () => held.reduce((sum, { body }) => sum + body.length, 0);
    const spans = () => held.reduce((sum, batch) => sum + batch.spans, 0);
    const send = async (): Promise<void> => {
      if (held.length === 0) return;
      const batch: SharedBatch = { index: index++, body: Buffer.concat(held.map(({ body }) => body)), spans: spans(), shares };
      [held, shares] = [[], []];
      await take(batch);
    };
    for (const [file, small] of files.entries()) {
      const { result, batch } = await alone(transcode, small, settings, signal);
      results.push(result);
      if (!batch || result.state !== 'done') continue;
      if (size() + batch.body.length > settings.maxBatchBytes) await send();
      shares.push({ file, from: spans(), spans: batch.spans, summary: result.summary });
      held.push(batch);
    }
    await send();
    return results;
  };

async function alone(transcode: Transcode, file: SmallFile, settings: Settings, signal: AbortSignal | undefined): Promise<Alone> {
  const { bytes, name } = file;
  const input = {
    open: async function* (from: number) {
      if (from < bytes.length) yield bytes.subarray(from);
    },
    size: bytes.length,
    ...(name === undefined ? {} : { name }),
  };
  let batch: Batch | undefined;
  try {
    const take = (one: Batch) => {
      if (batch) throw Second;
      batch = one;
    };
    const summary = await transcode(input, settings, take, signal);
    return { result: { state: 'done', summary }, ...(batch && { batch }) };
  } catch (thrown) {
    if (thrown === Second) return { result: { state: 'large' } };
    signal?.throwIfAborted();
    if (!(thrown instanceof Failed)) throw thrown;
    return { result: { state: 'failed', failure: failureOf(thrown) } };
  }
}
