import { durationMs } from '../../api/duration.ts';
import { failureOf } from '../../api/failure.ts';
import type { SourceSpec } from '../../api/ingestionsource.ts';
import { platformOf } from '../../api/store.ts';
import type { Ref } from '../../kube/meta.ts';
import type { Store, StoredFile } from '../../stores/store.ts';
import { defaultSettings } from '../../transcode/port.ts';
import { transcode } from '../../transcode/transcode.ts';
import { type Form, writeLines, writeValue } from '../cluster/output.ts';
import { answerIsNo, done } from '../cluster/session.ts';
import { reportJson, reportLines, type Verdict } from '../report.ts';
import { clean } from '../terminal/clean.ts';
import type { Io } from '../terminal/io.ts';
import { paintFor } from '../terminal/paint.ts';
import { inputOf } from './find.ts';
import { type Credential, withStore } from './open.ts';
import { type Survey, survey, surveyLines } from './survey.ts';

export type PreviewOptions = {
  /** So many files are read. */
  readonly files: number;
  /** How long to count at most. */
  readonly timeout: string;
  readonly output?: Extract<Form, 'json' | 'yaml'>;
};

/** What is to be looked at, wherever it was named. */
export type Previewed = {
  readonly ref: Ref;
  readonly spec: SourceSpec;
  readonly credential: Credential;
  readonly modifiedAfter?: string;
  /** Of a source that exists: whether a file is done or under way. */
  readonly isDone?: (file: StoredFile) => boolean;
};

/** Shows what a source would take, and how its first files fare. Nothing is delivered, and nothing is written. */
export async function preview(what: Previewed, options: PreviewOptions, io: Io): Promise<number> {
  const { spec, credential, isDone, modifiedAfter } = what;
  const end = io.clock.monotonic() + durationMs(options.timeout);
  return withStore(credential, what.ref, io, async (store) => {
    const { identity } = await store.probe();
    const found = await survey(store, {
      spec,
      ...(modifiedAfter !== undefined && { modifiedAfter }),
      isDone: isDone ?? (() => false),
      first: options.files,
      now: io.clock.now(),
      isOver: () => io.clock.monotonic() >= end,
    });
    const who = identity ?? (credential.isOwnLogin ? 'your own login' : 'the Secret of the source');
    if (options.output) return print(options.output, store, spec, found, who, io);
    const paint = paintFor(io.out, io.env);
    const lines = surveyLines(found, spec, isDone !== undefined).map((text) => ({ text }));
    await writeLines([{ text: `${clean(store.location)} read as ${clean(who)}`, colour: 'bold' }, ...lines], io);
    let isFine = found.tally.matched > 0;
    for (const file of found.first) {
      const verdict = await examine(store, spec, file);
      isFine &&= 'summary' in verdict && verdict.summary.rejectedSpans === 0;
      await io.out.write(`${reportLines(verdict, paint).join('\n')}\n`);
    }
    await io.out.write(`${paint.dim('Nothing was delivered.')}\n`);
    return isFine ? done : answerIsNo;
  });
}

async function examine(store: Store, spec: SourceSpec, file: StoredFile): Promise<Verdict> {
  try {
    return {
      file: file.key,
      summary: await transcode(inputOf(store, file), { ...defaultSettings, format: spec.format }, ({ release }) => release?.()),
    };
  } catch (thrown) {
    return { file: file.key, failure: failureOf(thrown) };
  }
}

async function print(form: 'json' | 'yaml', store: Store, spec: SourceSpec, found: Survey, who: string, io: Io): Promise<number> {
  const verdicts: Verdict[] = [];
  for (const file of found.first) verdicts.push(await examine(store, spec, file));
  const { tally, isCut, bytes, oldest, newest, done: known, modifiedAfter } = found;
  const value = {
    location: store.location,
    identity: who,
    listed: tally.listed,
    matched: tally.matched,
    isComplete: !isCut,
    skipped: tally.skipped,
    bytes: platformOf(spec.store) ? null : bytes,
    oldest: oldest ?? null,
    newest: newest ?? null,
    modifiedAfter: modifiedAfter ?? null,
    known,
    files: verdicts.map(reportJson),
  };
  await writeValue(form, value, io);
  return tally.matched > 0 && verdicts.every((verdict) => 'summary' in verdict && verdict.summary.rejectedSpans === 0) ? done : answerIsNo;
}
