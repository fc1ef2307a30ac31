import { failureOf } from '../api/failure.ts';
import { transcode } from '../transcode/transcode.ts';
import { openFile } from './files/open.ts';
import { createSpool, type Spool } from './files/spool.ts';
import { exitCodes, type FileOptions, settingsOf } from './options.ts';
import { clean, safeJson } from './terminal/clean.ts';
import type { Io, Output } from './terminal/io.ts';
import { withProgress } from './terminal/progress.ts';
import { nameOf, trouble } from './terminal/trouble.ts';
import { counted } from './terminal/words.ts';
import { decodeRequest } from './trace/decode.ts';

export type ConvertOptions = FileOptions & { readonly to: 'protobuf' | 'json' };

/** Writes the whole file as one ExportTraceServiceRequest, once it is known that it can be read to its end; else nothing. */
export async function convert(file: string, options: ConvertOptions, io: Io): Promise<number> {
  const spool = createSpool();
  const ends: number[] = [];
  try {
    const opened = await openFile(file, io);
    const progress = withProgress(opened.input, nameOf(file), io);
    try {
      const summary = await transcode(progress.input, settingsOf(options), async ({ body }) => {
        await spool.append(body);
        ends.push(spool.length());
      });
      await progress.end();
      await say(io.err, file, summary);
    } finally {
      await progress.end();
      await opened.close();
    }
    if (options.to === 'json') await writeDocument(spool, ends, io.out);
    else await writeMessage(spool, io.out);
    return exitCodes.done;
  } catch (thrown) {
    await io.err.write(`spanferry: ${trouble(file, failureOf(thrown))}\n`);
    return exitCodes.no;
  } finally {
    await spool.close();
  }
}

async function say(err: Output, file: string, { rejectedSpans, rejected }: Awaited<ReturnType<typeof transcode>>): Promise<void> {
  const [first] = rejected;
  if (!first) return;
  const what = `${counted(rejectedSpans, 'span was', 'spans were')} left out`;
  await err.write(`spanferry: ${nameOf(file)}: ${what}; the first: ${clean(first.message)} (${first.reason})\n`);
}

/** Serialized messages one behind the other are the serialized sum of them, so the batches of a file are one request. */
async function writeMessage(spool: Spool, out: Output): Promise<void> {
  for (let at = 0; at < spool.length(); ) {
    const bytes = await spool.read(at);
    at += bytes.length;
    await out.write(bytes);
  }
}

async function writeDocument(spool: Spool, ends: readonly number[], out: Output): Promise<void> {
  let separator = '';
  let at = 0;
  await out.write('{"resourceSpans":[');
  for (const end of ends) {
    const parts: Uint8Array[] = [];
    for (; at < end; at += parts.at(-1)!.length) parts.push((await spool.read(at)).subarray(0, end - at));
    for (const resourceSpans of decodeRequest(Buffer.concat(parts))) {
      await out.write(`${separator}${safeJson(JSON.stringify(resourceSpans))}`);
      separator = ',';
    }
  }
  await out.write(']}\n');
}
