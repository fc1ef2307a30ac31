import { fail, failureOf } from '../api/failure.ts';
import { transcode } from '../transcode/transcode.ts';
import { openFile } from './files/open.ts';
import { exitCodes, type FileOptions, settingsOf } from './options.ts';
import { columnsOf, type Io, writeJson } from './terminal/io.ts';
import { paintFor } from './terminal/paint.ts';
import { withProgress } from './terminal/progress.ts';
import { nameOf, trouble } from './terminal/trouble.ts';
import { count, counted } from './terminal/words.ts';
import { type Collected, collectTraces } from './trace/collect.ts';
import { traceJson } from './trace/json.ts';
import { waterfall } from './trace/waterfall.ts';

export type ViewOptions = FileOptions & {
  readonly full: boolean;
  /** The id of the one trace to show, or its beginning. */
  readonly trace?: string;
  /** So many of the newest traces. */
  readonly limit: number;
  readonly output?: 'json';
};

/** Draws the traces of a file, the newest last. */
export async function view(file: string, options: ViewOptions, io: Io): Promise<number> {
  try {
    const collected = await collect(file, options, io);
    if (options.output === 'json') for (const trace of collected.traces) await writeJson(io.out, traceJson(trace));
    else await draw(file, collected, options, io);
    return exitCodes.done;
  } catch (thrown) {
    await io.err.write(`spanferry: ${trouble(file, failureOf(thrown))}\n`);
    return exitCodes.no;
  }
}

async function collect(file: string, { full, trace, output, ...options }: ViewOptions, io: Io): Promise<Collected> {
  const opened = await openFile(file, io.stdin);
  const progress = withProgress(opened.input, nameOf(file), io);
  try {
    const wanted = { full: full || output === 'json', ...(trace === undefined ? {} : { trace: trace.toLowerCase() }) };
    const collected = await collectTraces(transcode, progress.input, settingsOf(options), wanted);
    if (trace !== undefined && collected.traces.length === 0) {
      fail('NoData', `none of its ${counted(collected.summary.traces, 'trace')} has an id that begins with ${trace}`);
    }
    return collected;
  } finally {
    await progress.end();
    await opened.close();
  }
}

async function draw(file: string, { summary, traces, letGo }: Collected, { full, limit }: ViewOptions, io: Io): Promise<void> {
  const look = { columns: columnsOf(io.out, io.env), paint: paintFor(io.out, io.env), full };
  const shown = traces.slice(-limit);
  const hidden = summary.traces - shown.length;
  const name = nameOf(file);
  if (letGo > 0)
    await io.err.write(`spanferry: ${name}: ${counted(letGo, 'span')} of older traces did not padded into memory; --trace ID shows one\n`);
  if (summary.rejectedSpans > 0) {
    await io.err.write(
      `spanferry: ${name}: ${counted(summary.rejectedSpans, 'span is', 'spans are')} rejected; \`spanferry validate\` says why\n`,
    );
  }
  if (shown.length === 0) await io.out.write(`${name} holds no spans.\n`);
  if (traces.length > shown.length) {
    await io.out.write(
      `${look.paint.dim(`${count(hidden)} older traces are not shown: --limit N shows more, --trace ID one of them`)}\n\n`,
    );
  }
  for (const [i, trace] of shown.entries()) {
    if (i > 0) await io.out.write('\n');
    for (const line of waterfall(trace, look)) await io.out.write(`${line}\n`);
  }
}
