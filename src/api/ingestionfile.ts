import { z } from 'zod';
import { handledToken } from './annotations.ts';
import { count, type Frozen, maxKey, maxMessage, moment, objectName, sourceRef } from './fields.ts';
import { ageColumn, apiVersion, type Kind, metadata } from './kind.ts';
import { onChange, rule } from './rule.ts';

/** So many files share a record at most. */
export const maxPack = 256;

/** A pack may have as many of them as files. */
const maxExceptionMessage = 512;

/** What names one content of one file. */
const file = {
  key: z.string().min(1).max(maxKey).describe('Key of the file in the store.'),
  version: z.string().min(1).max(256).describe('What pins its content: the ETag at S3 and Azure, the generation at GCS.'),
  size: count().describe('Bytes in the store.'),
  modifiedTime: moment().describe('When the store says the file was modified.'),
};

const packedFile = z.object(file);

/** Comparing optional values as a whole (`self.?key`) costs more than an API server allows. */
const isAsBefore = (field: string): string =>
  `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`;

const spec = z
  .object({
    sourceRef: sourceRef().describe('The source that the file belongs to.'),
    key: file.key.exactOptional(),
    version: file.version.exactOptional(),
    size: file.size.exactOptional(),
    modifiedTime: file.modifiedTime.exactOptional(),
    pack: z
      .array(packedFile)
      .min(1)
      .max(maxPack)
      .exactOptional()
      .describe('Small files of the source that travel together, instead of one key.'),
    title: z
      .string()
      .max(maxKey + 16)
      .exactOptional()
      .describe('What people see of a pack: the key of its first file, and how many more there are.'),
    worker: objectName()
      .exactOptional()
      .describe('The worker that the file is bound to, as a Pod is to a node. The only field of the spec that may change.'),
  })
  .check(
    rule(
      'has(self.key) != has(self.pack)',
      'name either one file with key or several with pack',
      (it) => (it.key === undefined) !== (it.pack === undefined),
    ),
    rule(
      '[has(self.version), has(self.size), has(self.modifiedTime)].all(x, x == has(self.key))',
      'key, version, size and modifiedTime belong together; a pack has them for each of its files',
      (it) => [it.version, it.size, it.modifiedTime].every((each) => (each === undefined) === (it.key === undefined)),
    ),
    onChange(
      ['sourceRef', 'key', 'version', 'size', 'modifiedTime', 'pack', 'title'].map(isAsBefore).join(' && '),
      'the spec of a record cannot change but for worker: to ingest the file again, set the annotation spanferry.io/force',
    ),
    onChange('has(self.worker) || !has(oldSelf.worker)', 'worker may change but not be removed: name the worker that takes over'),
  );

/** How far the destination has acknowledged a file, and under which settings that holds. */
const checkpoint = z.object({
  batches: count().describe('Batches acknowledged, counted from the start of the file.'),
  files: count().exactOptional().describe('Files of a pack acknowledged so far: those with a number in packSpans.'),
  spans: count().describe('Spans acknowledged so far.'),
  rejectedSpans: count().describe('Spans rejected so far.'),
  fingerprint: z
    .string()
    .max(128)
    .describe('Digest of destination, format, limits and transcoder; where it differs, the file starts over.'),
  time: moment().describe('When the checkpoint was taken.'),
});

/** A file of a pack of which there is more to say than its number of spans. */
const exception = z.object({
  index: z
    .int()
    .min(0)
    .max(maxPack - 1)
    .describe('Where it stands in spec.pack, counted from 0.'),
  reason: z.string().max(128).describe('Why, in one word.'),
  message: z.string().max(maxExceptionMessage).describe('What was seen, in a sentence.'),
});

const status = z.object({
  state: z
    .enum(['Pending', 'Processing', 'Completed', 'Failed'])
    .default('Pending')
    .describe('Pending, Processing, Completed or Failed. Use it with --field-selector status.state=….'),
  reason: z.string().max(128).exactOptional().describe('Why the file is in this state, in one word.'),
  message: z.string().max(maxMessage).exactOptional().describe('What was seen, in a sentence.'),
  attempts: count().default(0).describe('Attempts begun, of all time.'),
  retries: count().default(0).describe('Retries used. A retry by annotation starts over at 0.'),
  workersLost: count()
    .exactOptional()
    .describe('Workers that died while they had this file. From the first one on it is ferried alone; the fourth fails it.'),
  nextAttemptTime: moment().exactOptional().describe('Not tried again before this moment.'),
  files: count().exactOptional().describe('Files of this record that were completed.'),
  returned: z
    .array(exception)
    .max(maxPack)
    .exactOptional()
    .describe('Files that a pack gave back: each goes on with a record of its own, where its retries and its failure are.'),
  unread: z
    .array(exception)
    .max(maxPack)
    .exactOptional()
    .describe('Files of a pack that could not be read any more: Superseded counts as completed, Deleted and Archived as failed.'),
  packSpans: z
    .array(count())
    .max(maxPack)
    .exactOptional()
    .describe('Spans of each file of a pack that the destination acknowledged, in the order of spec.pack.'),
  spans: count().exactOptional().describe('Spans of this file that the destination acknowledged.'),
  rejectedSpans: count().exactOptional().describe('Spans of this file that were rejected by the operator or the destination.'),
  bytes: count().exactOptional().describe('Bytes read, decompressed.'),
  requests: count().exactOptional().describe('Requests to the destination.'),
  startTime: moment().exactOptional().describe('When the last attempt began.'),
  completionTime: moment().exactOptional().describe('When the file was completed or failed.'),
  firstSpanTime: moment().exactOptional().describe('The earliest start of a span in the file.'),
  lastSpanTime: moment().exactOptional().describe('The latest end of a span in the file.'),
  services: z.array(z.string().max(256)).max(20).exactOptional().describe('Values of service.name in the file.'),
  applicationIds: z.array(z.string().max(256)).max(20).exactOptional().describe('Values of application.id in the file.'),
  warnings: z
    .array(
      z.object({
        message: z.string().max(512).describe('What is worth a word, in a sentence.'),
        count: z.int().min(1).describe('How often it was seen.'),
      }),
    )
    .max(20)
    .exactOptional()
    .describe('What a person may want to know although the file was delivered.'),
  checkpoint: checkpoint.exactOptional().describe('How far the file has come, so that another attempt can go on from there.'),
  handled: z
    .object({ retry: handledToken('retry'), force: handledToken('force') })
    .exactOptional()
    .describe('Tokens of the triggers that were handled last.'),
});

/** One file of a source and its fate, or those of many small ones. */
export const ingestionFile = z.object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('IngestionFile'),
  metadata,
  spec: spec.describe('Which file this is. Written by the operator; only worker may change.'),
  status: status.prefault({ state: 'Pending', attempts: 0, retries: 0 }).describe('What became of the file.'),
});

export type IngestionFile = Frozen<z.output<typeof ingestionFile>>;
export type FileSpec = IngestionFile['spec'];
export type FileStatus = IngestionFile['status'];

/** One content of one file, as a record names it. */
export type NamedFile = Frozen<z.output<typeof packedFile>>;
/** What became of a file of a pack that was not simply delivered. */
export type Exception = Frozen<z.output<typeof exception>>;

/** The files of a record: those of a pack, or the only one. Nobody else has to know which of the two a record is. */
export function filesOf(spec: FileSpec): readonly NamedFile[] {
  if (spec.pack) return spec.pack;
  const { key, version, size, modifiedTime } = spec;
  // The schema holds that a record without a pack has all four.
  return [{ key, version, size, modifiedTime } as NamedFile];
}

/** How the files of a record are called where there is room for one name. */
export const titleOf = ({ key, title, pack }: FileSpec): string => key ?? title ?? titleOfPack(pack ?? []);

/** "agents/run-7.json +255" */
export const titleOfPack = ([first, ...others]: readonly NamedFile[]): string => `${first?.key ?? ''} +${others.length}`;

/** The uid of the source that owns a record; undefined where a backup brought it back without its owner. */
export const ownerOf = ({ metadata }: IngestionFile): string | undefined =>
  metadata.ownerReferences?.find(({ kind }) => kind === 'IngestionSource')?.uid;

/** Nothing more happens to the file unless somebody asks. */
export const isFinished = ({ state }: FileStatus): boolean => state === 'Completed' || state === 'Failed';

/**
 * Did this record end without having read this file, because new content had come? Then it does not stand for the file any more: if the old content is
 * put back, it is ferried. S3 gives it the version that it had before.
 */
export function isSuperseded({ spec, status }: IngestionFile, { key, version }: Pick<NamedFile, 'key' | 'version'>): boolean {
  if (status.state !== 'Completed') return false;
  if (!spec.pack) return status.reason === 'Superseded';
  const isIt = ({ index, reason }: Exception) =>
    reason === 'Superseded' && spec.pack?.[index]?.key === key && spec.pack[index].version === version;
  return status.unread?.some(isIt) ?? false;
}

export const ingestionFileKind: Kind = {
  kind: 'IngestionFile',
  plural: 'ingestionfiles',
  singular: 'ingestionfile',
  shortName: 'ifile',
  description:
    'IngestionFile is the record of one file of a source, or of many small ones that travel together: a view for people, bounded in number. The ledger remembers a file when its record is gone.',
  columns: [
    { name: 'State', type: 'string', path: '.status.state', description: 'Pending, Processing, Completed or Failed.' },
    { name: 'Files', type: 'integer', path: '.status.files', description: 'Files of the record that were completed.' },
    { name: 'Spans', type: 'integer', path: '.status.spans', description: 'Spans that the destination acknowledged.' },
    { name: 'Retries', type: 'integer', path: '.status.retries', description: 'Retries used.' },
    { name: 'Reason', type: 'string', path: '.status.reason', description: 'Why the file is in this state.' },
    { name: 'Key', type: 'string', path: ".spec['key','title']", description: 'Key of the file in the store; of a pack the first one.' },
    ageColumn,
  ],
  selectable: ['.spec.sourceRef.name', '.spec.worker', '.status.state'],
};
