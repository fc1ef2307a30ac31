import { open } from 'node:fs/promises';
import { fail } from '../../api/failure.ts';
import type { Io } from '../terminal/io.ts';
import { nameOf } from '../terminal/trouble.ts';
import { counted, size } from '../terminal/words.ts';
import type { Collected } from '../trace/collect.ts';
import { pageText } from './page.ts';
import { pageTrace } from './trace.ts';

/** Writes the newest traces of a file as one page, and says where it lies. `-` is standard output. */
export async function writePage(name: string, { summary, traces, letGo }: Collected, limit: number, to: string, io: Io): Promise<void> {
  const shown = traces.slice(-limit);
  const hidden = summary.traces - shown.length;
  const notes = [
    ...(hidden > 0
      ? [`${counted(hidden, 'older trace is', 'older traces are')} not shown: --limit N shows more, --trace ID one of them`]
      : []),
    ...(summary.rejectedSpans > 0
      ? [`${counted(summary.rejectedSpans, 'span is', 'spans are')} rejected; spanferry validate says why`]
      : []),
    ...(letGo > 0 ? [`${counted(letGo, 'span')} of the oldest traces did not fit into memory`] : []),
    ...shown.filter(({ lost }) => lost > 0).map(({ id, lost }) => `the first ${counted(lost, 'span')} of trace ${id} are not here`),
  ];
  const text = pageText({ name: nameOf(name), notes, traces: shown.map(pageTrace) });
  if (to === '-') return io.out.write(text);
  // What was said to a model may be confidential.
  const file = await open(to, 'w', 0o600).catch((error: NodeJS.ErrnoException) =>
    fail('Unreadable', `${to} cannot be written (${error.code})`),
  );
  await file.writeFile(text).finally(() => file.close());
  await io.out.write(`${nameOf(to)}: ${counted(shown.length, 'trace')}, ${size(Buffer.byteLength(text))}; open it in a browser\n`);
}
