import { z } from 'zod';
import { handledToken } from './annotations.ts';
import { count, type Frozen, maxKey, maxMessage, moment, objectName, sourceRef } from './fields.ts';
import { ageColumn, apiVersion, type Kind, metadata } from './kind.ts';
import { onChange } from './rule.ts';

const spec = z
  .object({
    sourceRef: sourceRef().describe('The source that the file belongs to.'),
    key: z.string().min(1).max(maxKey).describe('Key of the file in the store.'),
    version: z.string().min(1).max(256).describe('What pins its content: the ETag at S3 and Azure, the generation at GCS.'),
    size: count().describe('Bytes in the store.'),
    modifiedTime: moment().describe('When the store says the file was modified.'),
    worker: objectName()
      .exactOptional()
      .describe('The worker that the file is bound to, as a Pod is to a node. The only field of the spec that may change.'),
  })
  .check(
    onChange(
      'self.sourceRef == oldSelf.sourceRef && self.key == oldSelf.key && self.version == oldSelf.version && self.size == oldSelf.size && self.modifiedTime == oldSelf.modifiedTime',
      'the spec of a record cannot change but for worker: to ingest the file again, set the annotation spanferry.io/force',
    ),
    onChange('has(self.worker) || !has(oldSelf.worker)', 'worker may change but not be removed: name the worker that takes over'),
  );

/** How far the destination has acknowledged a file, and under which settings that holds. */
const checkpoint = z.object({
  batches: count().describe('Batches acknowledged, counted from the start of the file.'),
  spans: count().describe('Spans acknowledged so far.'),
  rejectedSpans: count().describe('Spans rejected so far.'),
  fingerprint: z
    .string()
    .max(128)
    .describe('Digest of destination, format, limits and transcoder; where it differs, the file starts over.'),
  time: moment().describe('When the checkpoint was taken.'),
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

/** One file of a source and its fate. */
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

/** Nothing more happens to the file unless somebody asks. */
export const isFinished = ({ state }: FileStatus): boolean => state === 'Completed' || state === 'Failed';

export const ingestionFileKind: Kind = {
  kind: 'IngestionFile',
  plural: 'ingestionfiles',
  singular: 'ingestionfile',
  shortName: 'ifile',
  description:
    'IngestionFile is the record of one file of a source: a view for people, bounded in number. The ledger remembers a file when its record is gone.',
  columns: [
    { name: 'State', type: 'string', path: '.status.state', description: 'Pending, Processing, Completed or Failed.' },
    { name: 'Spans', type: 'integer', path: '.status.spans', description: 'Spans that the destination acknowledged.' },
    { name: 'Retries', type: 'integer', path: '.status.retries', description: 'Retries used.' },
    { name: 'Reason', type: 'string', path: '.status.reason', description: 'Why the file is in this state.' },
    { name: 'Key', type: 'string', path: '.spec.key', description: 'Key of the file in the store.' },
    ageColumn,
  ],
  selectable: ['.spec.sourceRef.name', '.spec.worker', '.status.state'],
};
