import type { Failure } from '../api/failure.ts';
import { clip } from '../api/fields.ts';
import { type Exception, type FileStatus, filesOf, type IngestionFile } from '../api/ingestionfile.ts';
import type { Summary } from '../transcode/port.ts';
import { summaryFrom } from './together.ts';

/** What is decided about the files of a pack. Grows while it is ferried. */
export type Packed = {
  /** Spans that the destination acknowledged of each file: 0 where it has none, or nothing is decided yet. */
  readonly spans: number[];
  /** Files that go on in records of their own. */
  returned: readonly Exception[];
  /** Files that cannot be read any more; they are done. */
  unread: readonly Exception[];
  /** What the delivered files held, taken together. */
  summary: Summary;
};

const noStatus: FileStatus = { state: 'Pending', attempts: 0, retries: 0 };

/** What a pack settles by itself: a record of its own could find out no more about such a file. */
const settled: ReadonlySet<string> = new Set(['Superseded', 'Deleted', 'Archived']);

const LONGEST_MESSAGE = 512;
/** So many files are named where there is room for a sentence. */
const NAMED = 3;

/** What earlier attempts decided; undefined for a record of one file. Spans count only where the checkpoint `holds`. */
export function packedFrom({ spec, status }: Pick<IngestionFile, 'spec' | 'status'>, holds: boolean): Packed | undefined {
  if (!spec.pack) return undefined;
  const spans = spec.pack.map((_, index) => (holds ? (status.packSpans?.[index] ?? 0) : 0));
  return { spans, returned: status.returned ?? [], unread: status.unread ?? [], summary: summaryFrom(holds ? status : noStatus) };
}

/** The files about which nothing is decided yet, by where they stand in the pack. */
export function undecided({ spans, returned, unread }: Packed): readonly number[] {
  const exceptions = new Set([...returned, ...unread].map(({ index }) => index));
  return spans.flatMap((count, index) => (count > 0 || exceptions.has(index) ? [] : [index]));
}

/** Something is in the way of one file: it goes on alone, unless there is nothing to go on with. */
export function except(packed: Packed, index: number, { reason, message }: Pick<Failure, 'reason' | 'message'>): void {
  const exception: Exception = { index, reason, message: clip(message, LONGEST_MESSAGE) };
  if (settled.has(reason)) packed.unread = [...packed.unread, exception];
  else packed.returned = [...packed.returned, exception];
}

/** How far a pack has come, as its status says it. */
export function packedStatus({ spans, returned, unread }: Packed): Pick<FileStatus, 'packSpans' | 'returned' | 'unread'> {
  return {
    packSpans: spans,
    ...(returned.length > 0 && { returned: inOrder(returned) }),
    ...(unread.length > 0 && { unread: inOrder(unread) }),
  };
}

/** Files of a finished pack that count as completed. */
export const completedIn = ({ spans, returned, unread }: Packed): number =>
  spans.length - returned.length - unread.filter(({ reason }) => reason !== 'Superseded').length;

/** Files acknowledged so far. */
export const acknowledgedIn = ({ spans }: Packed): number => spans.filter((count) => count > 0).length;

/** Why a completed pack is worth a look, in one word and a sentence; nothing where all of it was delivered. */
export function packedWords({ returned, unread }: Packed, record: IngestionFile): Pick<FileStatus, 'reason' | 'message'> {
  const [first] = [...inOrder(returned), ...inOrder(unread)];
  if (!first) return {};
  const named = (what: string, exceptions: readonly Exception[]): readonly string[] =>
    exceptions.length === 0 ? [] : [`${exceptions.length} of ${filesOf(record.spec).length} files ${what}: ${some(exceptions, record)}`];
  const message = [...named('go on alone', returned), ...named('could not be read any more', unread)].join('; ');
  return { reason: first.reason, message: clip(message) };
}

function some(exceptions: readonly Exception[], { spec }: IngestionFile): string {
  const names = inOrder(exceptions)
    .slice(0, NAMED)
    .map(({ index, reason }) => `${spec.pack?.[index]?.key} (${reason})`);
  return [...names, ...(exceptions.length > NAMED ? [`and ${exceptions.length - NAMED} more`] : [])].join(', ');
}

const inOrder = (exceptions: readonly Exception[]): readonly Exception[] => [...exceptions].sort((a, b) => a.index - b.index);
