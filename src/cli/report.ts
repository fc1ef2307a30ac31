import type { Failure } from '../api/failure.ts';
import type { Summary } from '../transcode/port.ts';
import { clean } from './terminal/clean.ts';
import type { Paint } from './terminal/paint.ts';
import { nameOf, offsetOf, trouble } from './terminal/trouble.ts';
import { count, counted, duration, iso, moment, size } from './terminal/words.ts';

/** What became of one file. */
export type Verdict = { readonly file: string } & ({ readonly summary: Summary } | { readonly failure: Failure });

/** Services that are named on a line before the rest is only counted. */
const NAMED = 5;

/** What a person reads about one file: a line, and one below it for each thing that is wrong or odd. Lines are not broken, for grep. */
export function reportLines(verdict: Verdict, paint: Paint): readonly string[] {
  if ('failure' in verdict) return [paint.red(`✗ ${trouble(verdict.file, verdict.failure)}`)];
  const { summary } = verdict;
  const mark = summary.rejectedSpans > 0 ? paint.red('✗') : summary.warnings.length > 0 ? paint.yellow('!') : paint.green('✓');
  const unnamed = summary.rejectedSpans - summary.rejected.length;
  return [
    `${mark} ${nameOf(verdict.file)}: ${facts(summary).join(' · ')}`,
    ...summary.rejected.map(({ reason, message, line }) => {
      const place = line === undefined ? '' : `line ${count(line)}: `;
      return paint.red(`    rejected: ${place}${clean(message)} (${reason})`);
    }),
    ...(unnamed > 0 ? [paint.red(`    rejected: ${counted(unnamed, 'more span')}`)] : []),
    ...summary.warnings.map(({ message, count: times, offset }) => {
      const often = times > 1 ? `, ${count(times)} times` : '';
      const place = offset === undefined ? '' : `${times > 1 ? ', first' : ''} at offset ${offset}`;
      return paint.yellow(`    warning: ${clean(message)}${often}${place}`);
    }),
  ];
}

function facts(summary: Summary): readonly string[] {
  const { format, spans, rejectedSpans, traces, services, applicationIds, firstSpanTime: first, lastSpanTime: last, bytes } = summary;
  return [
    format,
    counted(spans, 'span') + (rejectedSpans > 0 ? ` and ${count(rejectedSpans)} rejected` : ''),
    counted(traces, 'trace'),
    ...(services.length > 0 ? [named(services)] : []),
    ...(applicationIds.length > 0 ? [`application ${named(applicationIds)}`] : []),
    ...(first === undefined ? [] : [`${moment(first)} UTC${last === undefined ? '' : ` + ${duration(last > first ? last - first : 0n)}`}`]),
    size(bytes),
  ];
}

function named(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).map(clean).join(', ') + (more > 0 ? ` and ${count(more)} more` : '');
}

/** "3 files: 2 fine, 1 not; 12,345 spans" */
export function totalLine({
  fine,
  bad,
  spans,
  rejectedSpans,
}: Readonly<Record<'fine' | 'bad' | 'spans' | 'rejectedSpans', number>>): string {
  const rejected = rejectedSpans > 0 ? `, ${count(rejectedSpans)} rejected` : '';
  return `${counted(fine + bad, 'file')}: ${count(fine)} fine${bad > 0 ? `, ${count(bad)} not` : ''}; ${counted(spans, 'span')}${rejected}`;
}

/** The same for programs. Every key is always there. */
export function reportJson(verdict: Verdict): object {
  const { file } = verdict;
  if ('failure' in verdict) {
    const { reason, message } = verdict.failure;
    return {
      file,
      format: null,
      spans: 0,
      rejectedSpans: 0,
      errors: [{ reason, message, offset: offsetOf(verdict.failure) ?? null }],
      warnings: [],
    };
  }
  const { format, spans, rejectedSpans, rejected, warnings, traces, services, applicationIds, firstSpanTime, lastSpanTime, bytes } =
    verdict.summary;
  return {
    file,
    format,
    spans,
    rejectedSpans,
    errors: rejected.map(({ reason, message, offset, line }) => ({ reason, message, offset, ...(line === undefined ? {} : { line }) })),
    warnings,
    traces,
    services,
    applicationIds,
    firstSpanTime: firstSpanTime === undefined ? null : iso(firstSpanTime),
    lastSpanTime: lastSpanTime === undefined ? null : iso(lastSpanTime),
    bytes,
  };
}
