import type { Failure } from '../../api/failure.ts';
import type { Reason } from '../../api/reasons.ts';
import { clean } from './clean.ts';

/** What a person with the file in hands does about it. The table of reasons speaks to whoever runs a source. */
const mends: Partial<Record<Reason, string>> = {
  EmptyFile: 'The writer has not finished it, or wrote nothing.',
  NoTraces: 'Only spans are ferried.',
  NotATraceFile: 'What is read: OTLP as JSON or protobuf, and Monocle; plain, in gzip or in zstd.',
  InvalidJSON: 'Correct the writer.',
  InvalidProtobuf: 'Correct the writer.',
  Truncated: 'The file was not written or copied to its end.',
  InvalidCompression: 'Copy or write it again.',
  ExpansionLimit: 'Raise --max-expansion-ratio if the file is honest.',
  TooDeep: 'Correct the writer.',
  InvalidTraceId: 'Correct the writer.',
  InvalidSpanId: 'Correct the writer.',
};

/** What went wrong with a file and what mends it, as a sentence for a person. */
export function trouble(file: string, { reason, message }: Failure): string {
  const said = reason === 'Unreadable' || reason === 'NoData' ? message : `${message} (${reason}).`;
  return clean(`${nameOf(file)}: ${[said, mends[reason] ?? ''].join(' ')}`);
}

/** A file as a person knows it. */
export const nameOf = (file: string): string => (file === '-' ? 'standard input' : clean(file));

/** The place that a message of the transcoder names: an offset in the decompressed file. The last one, since a message may quote the file. */
export function offsetOf({ message }: Failure): number | undefined {
  const place = [...message.matchAll(/ at offset (\d+)/g)].at(-1)?.[1];
  return place === undefined ? undefined : Number(place);
}
