import type { FileStatus } from '../api/ingestionfile.ts';
import type { SourceSpec } from '../api/ingestionsource.ts';
import type { Summary, Warning } from '../transcode/port.ts';
import { unexpectedApplications } from './application.ts';

/** What the status of a pack tells of the files that earlier attempts delivered. */
export function summaryFrom({ bytes = 0, services = [], applicationIds = [], firstSpanTime, lastSpanTime }: FileStatus): Summary {
  return {
    ...{ format: '', spans: 0, rejectedSpans: 0, traces: 0, batches: 0, rejected: [], warnings: [] },
    ...{ bytes, services, applicationIds },
    ...(firstSpanTime !== undefined && { firstSpanTime: BigInt(Date.parse(firstSpanTime)) * 1_000_000n }),
    ...(lastSpanTime !== undefined && { lastSpanTime: BigInt(Date.parse(lastSpanTime)) * 1_000_000n }),
  };
}

const MOST = 20;
const MOST_NAMES = 100;

/** The summary of a pack with one more file. Spans that were left out are not in it: they are counted as the pack goes along. */
export function together(all: Summary, one: Summary, spec: Pick<SourceSpec, 'applicationIds'>): Summary {
  const strange = unexpectedApplications(spec, one.applicationIds);
  const firstSpanTime = least(all.firstSpanTime, one.firstSpanTime, -1n);
  const lastSpanTime = least(all.lastSpanTime, one.lastSpanTime, 1n);
  return {
    format: all.format || one.format,
    spans: all.spans + one.spans,
    rejectedSpans: 0,
    traces: all.traces + one.traces,
    rejected: [],
    bytes: all.bytes + one.bytes,
    batches: all.batches + one.batches,
    services: united(all.services, one.services),
    applicationIds: united(all.applicationIds, one.applicationIds),
    ...(firstSpanTime !== undefined && { firstSpanTime }),
    ...(lastSpanTime !== undefined && { lastSpanTime }),
    warnings: counted([...all.warnings, ...(strange ? [{ message: strange, count: 1 }] : []), ...one.warnings]),
  };
}

const united = (all: readonly string[], one: readonly string[]): readonly string[] =>
  one.every((each) => all.includes(each)) ? all : [...new Set([...all, ...one])].slice(0, MOST_NAMES);

/** Files of one writer are warned about alike: the same message is counted. */
function counted(warnings: readonly Warning[]): readonly Warning[] {
  const byMessage = new Map<string, Warning>();
  for (const { message, count } of warnings) byMessage.set(message, { message, count: count + (byMessage.get(message)?.count ?? 0) });
  return [...byMessage.values()].slice(0, MOST);
}

/** The smaller one where `sign` is -1, the larger one where it is 1. */
function least(a: bigint | undefined, b: bigint | undefined, sign: 1n | -1n): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a * sign > b * sign ? a : b;
}
