import type { Condition } from '../../api/conditions.ts';
import { platformOf } from '../../api/store.ts';
import type { Source } from '../../kube/ownkinds.ts';
import { clean } from '../terminal/clean.ts';
import type { Paint } from '../terminal/paint.ts';
import { cut, padded, width, wrap } from '../terminal/width.ts';
import { ago, count, counted, size, span } from '../terminal/words.ts';
import { plainMessage, remedyOf } from './trouble.ts';

/** All that a page is made of. */
export type Seen = {
  readonly source: Source;
  readonly now: number;
  /** Files finished in a second, where that can be told. */
  readonly perSecond?: number;
};

export type Look = {
  readonly columns: number;
  readonly paint: Paint;
  readonly wide: boolean;
  /** Keys and messages of failures are not cut. */
  readonly whole: boolean;
};

const LABEL = 11;

/** A page about one source: how it stands, what is wrong and what mends it, how much is done and to come, what happened last. */
export function statusPage(seen: Seen, look: Look): readonly string[] {
  const { source } = seen;
  if (!conditionOf(source, 'Ready')) return [...heading(source, look), ...sentence('no operator has looked at it yet', look.columns)];
  const lines = [
    ...heading(source, look),
    ...troubles(source, look),
    ...work(seen, look),
    ...latest(seen, look),
    ...failures(source, look),
  ];
  return look.wide ? [...lines, ...settings(source, look)] : lines;
}

const conditionOf = ({ status }: Source, type: string): Condition | undefined => status.conditions?.find((each) => each.type === type);

function heading(source: Source, { columns, paint }: Look): readonly string[] {
  const { metadata, spec, status } = source;
  const [mark, colour] = standing(source);
  const title = cut(`${mark} ${clean(metadata.name)}`, columns);
  const place = ` · namespace ${clean(metadata.namespace)}`;
  const from = clean(status.location ?? '');
  const to = clean(spec.destination?.endpoint ?? "the operator's own collector");
  return [
    `${paint[colour](title)}${paint.dim(cut(place, columns - width(title)))}`,
    ...(spec.description === undefined ? [] : sentence(clean(spec.description), columns)),
    ...(from === '' ? [] : [`  ${cut(`${from} → ${to}`, columns - 2)}`]),
    ...(status.identity === undefined ? [] : labelled('read as', clean(status.identity), columns, paint)),
  ];
}

function standing(source: Source): readonly [mark: string, colour: 'green' | 'red' | 'yellow'] {
  const ready = conditionOf(source, 'Ready')?.status;
  if (source.spec.suspend) return ['–', 'yellow'];
  return ready === 'True' ? ['✓', 'green'] : ready === 'False' ? ['✗', 'red'] : ['…', 'yellow'];
}

const sentence = (text: string, columns: number): readonly string[] => wrap(text, columns - 2).map((line) => `  ${line}`);

/** A label and a text beside it, broken between words. */
function labelled(label: string, text: string, columns: number, paint: Paint): readonly string[] {
  return wrap(text, columns - LABEL - 2).map((line, i) => `  ${paint.dim(padded(i === 0 ? label : '', LABEL))}${line}`.trimEnd());
}

/** Conditions that say something is wrong, each with its remedy. Of several that name one cause, the one that knows the side. */
function troubles(source: Source, { columns, paint }: Look): readonly string[] {
  const ready = conditionOf(source, 'Ready');
  if (!ready) return [];
  const sides = ['StoreReady', 'DestinationReady']
    .flatMap((type) => conditionOf(source, type) ?? [])
    .filter(({ status }) => status === 'False');
  const told = sides.length > 0 ? sides : ready.status === 'True' ? [] : [ready];
  const general = ready.status === 'True' || told.length === 0 ? sentence(clean(ready.message), columns) : [];
  return [...general, ...told.flatMap((condition) => trouble(condition, columns, paint))];
}

function trouble({ type, status, reason, message }: Condition, columns: number, paint: Paint): readonly string[] {
  const remedy = remedyOf(reason);
  const brush = status === 'False' ? paint.red : paint.yellow;
  return [
    ...wrap(clean(`${type === 'Ready' ? '' : `${type}: `}${reason}: ${plainMessage({ reason, message })}`), columns - 4).map((line, i) =>
      brush(`  ${i === 0 ? '✗ ' : '  '}${line}`),
    ),
    ...(remedy === undefined ? [] : wrap(remedy, columns - 6).map((line, i) => `    ${i === 0 ? '→ ' : '  '}${line}`)),
  ];
}

function work({ source: { status }, perSecond }: Seen, { columns, paint }: Look): readonly string[] {
  const { pending = 0, processing = 0, completed = 0, failed = 0, backlog = 0 } = status.files ?? {};
  const { spans = 0, bytes = 0, rejectedSpans = 0, retries = 0 } = status.totals ?? {};
  const parts = [
    `${count(completed)} done`,
    `${count(failed)} failed`,
    `${count(pending + processing)} under way${processing > 0 ? ` (${count(processing)} on the ferry)` : ''}`,
    `${count(backlog)} behind`,
  ];
  const delivered = [
    `${count(spans)} delivered`,
    ...(rejectedSpans > 0 ? [`${count(rejectedSpans)} rejected`] : []),
    `${size(bytes)} read`,
    ...(retries > 0 ? [counted(retries, 'retry', 'retries')] : []),
  ];
  return [
    ...labelled('files', parts.join(' · '), columns, paint),
    ...backlogBar(
      { finished: completed + failed, left: pending + processing + backlog, ...(perSecond !== undefined && { perSecond }) },
      columns,
      paint,
    ),
    ...labelled('spans', delivered.join(' · '), columns, paint),
  ];
}

type Progress = { readonly finished: number; readonly left: number; readonly perSecond?: number };

/** "██████▌        62 %  12 files/s  3 min left": only while something is to come. */
function backlogBar({ finished, left, perSecond }: Progress, columns: number, paint: Paint): readonly string[] {
  if (left === 0) return [];
  const part = finished / (finished + left);
  const pace =
    perSecond === undefined || perSecond <= 0 ? [] : [`${figure(perSecond)} files/s`, `${span(Math.ceil(left / perSecond))} left`];
  const facts = [`${Math.floor(part * 100)} %`, `${count(left)} to come`, ...pace].join('  ');
  const cells = Math.min(40, columns - LABEL - 4 - facts.length);
  if (cells < 5) return labelled('backlog', facts, columns, paint);
  const halves = Math.round(part * cells * 2);
  const bar = '█'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '▌' : '');
  return [`  ${paint.dim(padded('backlog', LABEL))}${paint.cyan(bar)}${paint.dim('░'.repeat(cells - bar.length))}  ${facts}`];
}

const figure = (value: number): string => (value >= 10 ? count(Math.round(value)) : value.toFixed(1));

function latest({ source: { spec, status }, now }: Seen, { columns, paint }: Look): readonly string[] {
  const since = (moment: string | undefined): string => ago(Math.max(0, now - Date.parse(moment ?? '')));
  const { lastScan, lastTest, lastCompletionTime, lastFailureTime, modifiedAfter } = status;
  const isPlatform = platformOf(spec.store) !== undefined;
  const skipped = (isPlatform ? [] : (lastScan?.skipped ?? []))
    .slice(0, 3)
    .map(({ extension, count: many }) => `${count(many)} ${clean(extension) || 'without extension'}`);
  const scan = lastScan && [
    since(lastScan.completionTime ?? lastScan.startTime),
    `${count(lastScan.listed ?? 0)} listed, ${count(lastScan.matched ?? 0)} matched, ${count(lastScan.new ?? 0)} new`,
    ...(skipped.length > 0 ? [`left alone: ${skipped.join(', ')}`] : []),
  ];
  const last = [
    ...(lastCompletionTime === undefined ? [] : [`done ${since(lastCompletionTime)}`]),
    ...(lastFailureTime === undefined ? [] : [`failed ${since(lastFailureTime)}`]),
  ];
  return [
    ...(scan ? labelled('last scan', scan.join(' · '), columns, paint) : []),
    ...(modifiedAfter === undefined
      ? []
      : labelled('only', `${isPlatform ? 'slices' : 'files'} modified after ${modifiedAfter}`, columns, paint)),
    ...(lastTest
      ? labelled('last test', `${since(lastTest.time)} · ${lastTest.ok ? 'well' : (lastTest.reason ?? 'failed')}`, columns, paint)
      : []),
    ...(last.length > 0 ? labelled('last file', last.join(' · '), columns, paint) : []),
  ];
}

function failures({ status }: Source, { columns, paint, whole }: Look): readonly string[] {
  const recent = status.recentFailures ?? [];
  if (recent.length === 0) return [];
  const reasonsSeen = [...new Set(recent.map(({ reason }) => reason))];
  return [
    `  ${paint.dim('failed last')}`,
    ...recent.map(({ key, reason, message }) => {
      const why = ` ${clean(reason)}: ${clean(message)}`;
      if (whole) return `  ${paint.red(`✗ ${clean(key)}`)}${why}`;
      const name = cut(clean(key), Math.max(12, Math.floor(columns * 0.4)));
      return `  ${paint.red(`✗ ${name}`)}${cut(why, columns - 4 - width(name))}`;
    }),
    ...reasonsSeen.flatMap((reason) => {
      const remedy = remedyOf(reason);
      return remedy === undefined
        ? []
        : wrap(`${reason}: ${remedy}`, columns - 6).map((line, i) => paint.dim(`    ${i === 0 ? '→ ' : '  '}${line}`));
    }),
  ];
}

/** What the spec says, for `-o wide`. */
function settings({ spec, status, metadata }: Source, { columns, paint }: Look): readonly string[] {
  const { scan, format, retry, history, applicationIds } = spec;
  const globs = [...scan.include.map((each) => `+ ${each}`), ...scan.exclude.map((each) => `- ${each}`)];
  const facts = [
    `every ${scan.interval}`,
    ...(scan.extensions ? [`extensions ${scan.extensions.join(' ') || 'any'}`] : []),
    ...globs,
    `format ${format}`,
    ...(applicationIds ? [`application ${applicationIds.join(', ')}`] : []),
    `${retry.maxRetries} retries`,
    `keeps ${history.completed} + ${history.failed} records`,
  ];
  const { entries = 0, segments = 0 } = status.ledger ?? {};
  return [
    ...labelled('settings', clean(facts.join(' · ')), columns, paint),
    ...labelled('ledger', `${counted(entries, 'file')} in ${counted(segments, 'segment')}`, columns, paint),
    ...labelled('generation', `${metadata.generation ?? 1}, seen ${status.observedGeneration}`, columns, paint),
  ];
}
