import { failureOf } from '../api/failure.ts';
import { transcode } from '../transcode/transcode.ts';
import { openFile } from './files/open.ts';
import { exitCodes, type FileOptions, settingsOf } from './options.ts';
import { reportJson, reportLines, totalLine, type Verdict } from './report.ts';
import { type Io, writeJson } from './terminal/io.ts';
import { paintFor } from './terminal/paint.ts';
import { withProgress } from './terminal/progress.ts';
import { nameOf } from './terminal/trouble.ts';

/** Whether every span of the file can be delivered. */
const isFine = (verdict: Verdict): boolean => 'summary' in verdict && verdict.summary.rejectedSpans === 0;

/** Reads each file to its end and says what it holds and what is wrong with it. */
export async function validate(files: readonly string[], options: FileOptions & { readonly output?: 'json' }, io: Io): Promise<number> {
  const paint = paintFor(io.out, io.env);
  const verdicts = { fine: 0, bad: 0, spans: 0, rejectedSpans: 0 };
  for (const file of files) {
    const verdict = await examine(file, options, io);
    verdicts[isFine(verdict) ? 'fine' : 'bad']++;
    if ('summary' in verdict) {
      verdicts.spans += verdict.summary.spans;
      verdicts.rejectedSpans += verdict.summary.rejectedSpans;
    }
    if (options.output === 'json') await writeJson(io.out, reportJson(verdict));
    else await io.out.write(`${reportLines(verdict, paint).join('\n')}\n`);
  }
  if (files.length > 1 && options.output !== 'json') await io.out.write(`${totalLine(verdicts)}\n`);
  return verdicts.bad === 0 ? exitCodes.done : exitCodes.no;
}

async function examine(file: string, options: FileOptions, io: Io): Promise<Verdict> {
  try {
    const opened = await openFile(file, io);
    const progress = withProgress(opened.input, nameOf(file), io);
    try {
      return { file, summary: await transcode(progress.input, settingsOf(options), ({ release }) => release?.()) };
    } finally {
      await progress.end();
      await opened.close();
    }
  } catch (thrown) {
    return { file, failure: failureOf(thrown) };
  }
}
