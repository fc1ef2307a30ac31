import { durationMs } from '../../api/duration.ts';
import type { SourceSpec } from '../../api/ingestionsource.ts';
import { extensionsOf, prefixOf } from '../../api/match.ts';
import { platformOf } from '../../api/store.ts';
import { newest } from '../../sources/newest.ts';
import { nothingMatches } from '../../sources/sentence.ts';
import { counting, countSkipped, mostSkipped, type Tally } from '../../sources/tally.ts';
import type { Store, StoredFile } from '../../stores/store.ts';
import { clean } from '../terminal/clean.ts';
import { count, counted, size } from '../terminal/words.ts';
import { filterOf } from './known.ts';

/** What a look over a whole store found. */
export type Survey = {
  readonly tally: Tally;
  /** Time was over before the end. */
  readonly isCut: boolean;
  readonly modifiedAfter?: string;
  readonly bytes: number;
  readonly smallest?: number;
  readonly largest?: number;
  readonly oldest?: StoredFile;
  readonly newest?: StoredFile;
  /** The first files that match. */
  readonly first: readonly StoredFile[];
  /** Files that match and are done or under way already. */
  readonly done: number;
};

export type SurveyOptions = {
  readonly spec: SourceSpec;
  /** As the operator has resolved it; worked out here where no operator has. */
  readonly modifiedAfter?: string;
  readonly isDone: (file: StoredFile) => boolean;
  readonly first: number;
  readonly now: number;
  /** Asked after each page. */
  readonly isOver: () => boolean;
};

type Counted = { -readonly [K in keyof Omit<Survey, 'tally' | 'isCut' | 'modifiedAfter'>]: Survey[K] };

/** Lists all of a store and counts what the operator would take. */
export async function survey(store: Pick<Store, 'list'>, options: SurveyOptions): Promise<Survey> {
  const { spec, now, isOver } = options;
  const modifiedAfter = options.modifiedAfter ?? momentOf(spec, now);
  const latest = options.modifiedAfter === undefined ? spec.scan.modified?.latest : undefined;
  if (latest !== undefined) return surveyLatest(store, options, latest);
  const isSkipped = filterOf(spec, modifiedAfter);
  const tally = counting();
  const seen: Counted & { first: StoredFile[] } = { bytes: 0, first: [], done: 0 };
  let isCut = false;
  for await (const { files } of store.list()) {
    for (const file of files) {
      tally.listed++;
      const why = isSkipped(file, now);
      if (why) countSkipped(tally, file.key, why);
      else take(seen, file, options);
    }
    isCut = isOver();
    if (isCut) break;
  }
  tally.matched = tally.listed - Object.values(tally.skipped).reduce((sum, each) => sum + each, 0);
  return { tally, isCut, ...seen, ...(modifiedAfter !== undefined && { modifiedAfter }) };
}

/** The moment of the N-th newest file is found first, as the operator does it. */
async function surveyLatest(store: Pick<Store, 'list'>, options: SurveyOptions, latest: number): Promise<Survey> {
  const isSkipped = filterOf(options.spec, undefined);
  const top = newest(latest);
  for await (const { files } of store.list()) {
    for (const file of files) if (!isSkipped(file, options.now)) top.add(file.modifiedTime);
    if (options.isOver()) break;
  }
  return survey(store, { ...options, modifiedAfter: new Date(top.floor() ?? 0).toISOString() });
}

function momentOf({ scan: { modified } }: SourceSpec, now: number): string | undefined {
  if (modified?.since !== undefined) return new Date(now - durationMs(modified.since)).toISOString();
  return modified?.after;
}

function take(seen: Counted & { first: StoredFile[] }, file: StoredFile, { isDone, first }: SurveyOptions): void {
  seen.bytes += file.size;
  if (isDone(file)) seen.done++;
  if (seen.smallest === undefined || file.size < seen.smallest) seen.smallest = file.size;
  if (seen.largest === undefined || file.size > seen.largest) seen.largest = file.size;
  if (!seen.oldest || file.modifiedTime < seen.oldest.modifiedTime) seen.oldest = file;
  if (!seen.newest || file.modifiedTime > seen.newest.modifiedTime) seen.newest = file;
  if (seen.first.length < first) seen.first.push(file);
}

const day = (file: StoredFile | undefined): string => new Date(file?.modifiedTime ?? 0).toISOString().slice(0, 19).replace('T', ' ');

/** What a person reads of it: how many, how large, how old, and what is left alone. */
export function surveyLines(found: Survey, spec: SourceSpec, isSource: boolean): readonly string[] {
  const { tally, isCut, bytes, smallest = 0, largest = 0, oldest, newest: last, done, modifiedAfter } = found;
  const atLeast = isCut ? 'at least ' : '';
  if (tally.matched === 0 && !isCut) return [`  ${clean(nothingMatches(tally, spec, modifiedAfter))}`];
  const skipped = mostSkipped(tally, 5).map(({ extension, count: many }) => `${count(many)} ${clean(extension) || 'without extension'}`);
  const toCome = tally.matched - done;
  const isPlatform = platformOf(spec.store) !== undefined;
  return [
    isPlatform
      ? `  ${atLeast}${counted(tally.matched, 'slice matches', 'slices match')} of ${count(tally.listed)}`
      : `  ${atLeast}${counted(tally.matched, 'file matches', 'files match')} of ${counted(tally.listed, 'object')} ${prefixOf(spec) === '' ? 'in the whole bucket' : `under ${clean(prefixOf(spec))}`}`,
    ...(isPlatform ? [] : [`  sizes    ${size(bytes)} in all, from ${size(smallest)} to ${size(largest)}`]),
    `  oldest   ${day(oldest)}  ${clean(oldest?.key ?? '')}`,
    `  newest   ${day(last)}  ${clean(last?.key ?? '')}`,
    ...(skipped.length > 0 && !isPlatform
      ? [`  left     ${skipped.join(', ')} (taken: ${extensionsOf(spec).join(' ') || 'every extension'})`]
      : []),
    ...(modifiedAfter === undefined ? [] : [`  only     ${isPlatform ? 'slices' : 'files'} modified after ${modifiedAfter}`]),
    ...(isSource
      ? [
          `  known    ${count(done)} ${done === 1 ? 'is' : 'are'} done or under way, ${count(toCome)} ${toCome === 1 ? 'is' : 'are'} to come`,
        ]
      : []),
  ];
}
