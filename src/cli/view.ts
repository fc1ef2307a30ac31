import { fail, failureOf } from '../api/failure.ts';
import { transcode } from '../transcode/transcode.ts';
import { noSuchFile, type OpenFile, openFile } from './files/open.ts';
import { exitCodes, type FileOptions, settingsOf } from './options.ts';
import { columnsOf, type Io, writeJson } from './terminal/io.ts';
import { paintFor } from './terminal/paint.ts';
import { withProgress } from './terminal/progress.ts';
import { nameOf, trouble } from './terminal/trouble.ts';
import { counted } from './terminal/words.ts';
import { type Collected, collectTraces, type HeldTrace, openTrace } from './trace/collect.ts';
import { traceJson } from './trace/json.ts';
import { waterfall } from './trace/waterfall.ts';

export type ViewOptions = FileOptions & {
  readonly full: boolean;
  /** The id of the one trace to show, or its beginning. */
  readonly trace?: string;
  /** So many of the newest traces. */
  readonly limit: number;
  readonly output?: 'json';
  /** Writes a page there instead of drawing. */
  readonly html?: string;
};

const MEGABYTE = 1024 * 1024;

/** Draws the traces of a file, the newest last. */
export async function view(file: string, options: ViewOptions, io: Io): Promise<number> {
  try {
    return await showTraces(file, await openFile(file, io), options, io);
  } catch (thrown) {
    const failure = failureOf(thrown);
    // A source is looked at with a key; without one its name is taken for that of a file.
    const source = failure.message === noSuchFile && /^[a-z0-9-]+$/.test(file) ? `; for a file of source ${file} name its key too` : '';
    await io.err.write(`spanferry: ${trouble(file, failure)}${source}\n`);
    return exitCodes.no;
  }
}

/** The same for a file that is open already, wherever it lies; closes it. What goes wrong is thrown. */
export async function showTraces(name: string, opened: OpenFile, options: ViewOptions, io: Io): Promise<number> {
  const collected = await collect(name, opened, options, io);
  if (options.html !== undefined)
    await (await import('./page/write.ts')).writePage(opened.input.name ?? name, collected, options.limit, options.html, io);
  else if (options.output === 'json') await writeAll(name, collected, io);
  else await draw(name, collected, options, io);
  return exitCodes.done;
}

async function collect(name: string, opened: OpenFile, { trace, output, html, ...options }: ViewOptions, io: Io): Promise<Collected> {
  const progress = withProgress(opened.input, nameOf(name), io);
  try {
    const mostBytes = (output === 'json' || trace !== undefined || html !== undefined ? 256 : 32) * MEGABYTE;
    const wanted = { mostBytes, ...(trace === undefined ? {} : { trace: trace.toLowerCase() }) };
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

async function writeAll(file: string, { traces, letGo }: Collected, { out, err }: Io): Promise<void> {
  if (letGo > 0) await err.write(tooMuch(file, letGo, traces));
  for (const held of traces) await writeJson(out, traceJson(openTrace(held, true)));
}

function tooMuch(file: string, letGo: number, traces: readonly HeldTrace[]): string {
  const cut = traces.find(({ lost }) => lost > 0);
  const what =
    cut?.lost === letGo
      ? `the first ${counted(letGo, 'span')} of trace ${cut.id} did not fit into memory`
      : `${counted(letGo, 'span')} of the oldest traces did not fit into memory; --trace ID reads one trace alone`;
  return `spanferry: ${nameOf(file)}: ${what}\n`;
}

async function draw(file: string, { summary, traces, letGo }: Collected, { full, limit, trace }: ViewOptions, io: Io): Promise<void> {
  const look = { columns: columnsOf(io.out, io.env), paint: paintFor(io.out, io.env), full };
  const shown = traces.slice(-limit);
  const hidden = (trace === undefined ? summary.traces : traces.length) - shown.length;
  const name = nameOf(file);
  if (letGo > 0 && (traces.length < limit || shown.some(({ lost }) => lost > 0))) await io.err.write(tooMuch(file, letGo, traces));
  if (summary.rejectedSpans > 0) {
    const what = counted(summary.rejectedSpans, 'span is', 'spans are');
    await io.err.write(`spanferry: ${name}: ${what} rejected; \`spanferry validate\` says why\n`);
  }
  if (shown.length === 0) await io.out.write(`${name} holds no spans.\n`);
  if (hidden > 0) {
    const older = counted(hidden, 'older trace is', 'older traces are');
    const more = traces.length > shown.length ? '--limit N shows more, --trace ID one of them' : '--trace ID shows one of them';
    await io.out.write(`${look.paint.dim(`${older} not shown: ${more}`)}\n\n`);
  }
  for (const [i, held] of shown.entries()) {
    if (i > 0) await io.out.write('\n');
    for (const line of waterfall(openTrace(held, full), look)) await io.out.write(`${line}\n`);
  }
}
