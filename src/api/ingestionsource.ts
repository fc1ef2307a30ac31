import { z } from 'zod';
import { handledOnSource, maxToken } from './annotations.ts';
import { conditions } from './conditions.ts';
import { destination } from './destination.ts';
import { count, type Frozen, maxKey, maxMessage, moment } from './fields.ts';
import { ageColumn, apiVersion, type Kind, metadata } from './kind.ts';
import { rule } from './rule.ts';
import { scan } from './scan.ts';
import { platformOf, store } from './store.ts';

const spec = z.object({
  description: z.string().max(1_000).exactOptional().describe('What this source is, in your words.'),
  suspend: z
    .boolean()
    .default(false)
    .describe(
      'Stop scanning and ferrying. Loses nothing; false goes on where it stopped. A suspended source is Ready, with the reason Suspended.',
    ),
  store: store.describe('Where the files are: a bucket or a trace platform, exactly one. What tells one place from another cannot change.'),
  scan: scan.prefault({}).describe('Which files match, and how often to look.'),
  format: z
    .enum(['Auto', 'OTLP', 'Monocle'])
    .default('Auto')
    .describe('Format of the files. Auto tells it by their content; the others fail every file of another format.'),
  applicationIds: z
    .array(z.string().min(1).max(256))
    .max(16)
    .check(
      rule(
        'self.size() <= 1',
        'give at most one application id: make an IngestionSource for each application',
        (it: readonly string[]) => it.length <= 1,
      ),
    )
    .exactOptional()
    .describe(
      'Application whose traces are expected, compared with application.id in the file. At most one. Left out: any. Where it is set, a file without any fiddler.span.type gets a warning on its record.',
    ),
  applicationMismatch: z
    .enum(['Deliver', 'Fail'])
    .default('Deliver')
    .describe('What to do with a file of another application: Deliver (with a warning on its record) or Fail.'),
  destination: destination.exactOptional().describe("Where the spans go. Left out: the operator's own collector."),
  retry: z
    .object({
      maxRetries: z
        .int()
        .min(0)
        .max(100)
        .default(3)
        .describe('How often a file that fails by its own fault is tried again: 3 means four attempts. Outages use no retries.'),
    })
    .prefault({})
    .describe('How persistent to be with a file that fails.'),
  history: z
    .object({
      completed: z
        .int()
        .min(0)
        .max(1_000)
        .default(100)
        .describe('So many completed files keep their record; a pack counts with all of its files.'),
      failed: z.int().min(0).max(1_000).default(100).describe('So many failed files keep their record.'),
    })
    .prefault({})
    .describe('How many files keep an IngestionFile for people to look at. Older ones live on in the ledger.'),
});

const isPlatform = 'has(self.store.xray) || has(self.store.cloudTrace) || has(self.store.azureMonitor) || has(self.store.datadog)';

/** What does not fit a trace platform, whose files are slices of time. */
const fittingSpec = spec.check(
  rule(
    `!(${isPlatform}) || self.format != 'Monocle'`,
    'a trace platform gives OTLP: leave format out',
    (it) => platformOf(it.store) === undefined || it.format !== 'Monocle',
    'format',
  ),
  rule(
    `!(${isPlatform}) || !has(self.scan.extensions)`,
    'slices of time have no extensions: leave scan.extensions out',
    (it) => platformOf(it.store) === undefined || it.scan.extensions === undefined,
    'scan',
  ),
);

const status = z.object({
  observedGeneration: z.int().min(-1).default(-1).describe('Generation of the spec that was handled last; -1 before the first time.'),
  conditions: conditions
    .exactOptional()
    .describe('Ready always; Reconciling and Stalled only while true; StoreReady and DestinationReady tell on which side trouble is.'),
  location: z.string().max(2_048).exactOptional().describe('The place as a URL, such as s3://acme-traces/agents/prod/.'),
  identity: z.string().max(2_048).exactOptional().describe('Who the store says the operator is.'),
  modifiedAfter: moment()
    .exactOptional()
    .describe('The moment that spec.scan.modified was resolved into; files modified before it are left alone.'),
  files: z
    .object({
      pending: count().exactOptional().describe('Files with a record that wait for their worker.'),
      processing: count().exactOptional().describe('Files on the ferry right now.'),
      completed: count()
        .exactOptional()
        .describe('Files completed, of all time: counted when the ledger has them, up to ten seconds after their record says so.'),
      failed: count().exactOptional().describe('Files failed, of all time, and neither retried nor forgiven since.'),
      backlog: count().exactOptional().describe('Files that match and have no record yet.'),
    })
    .exactOptional()
    .describe('Files by what became of them.'),
  totals: z
    .object({
      files: count().exactOptional().describe('Files finished.'),
      spans: count().exactOptional().describe('Spans that the destination acknowledged.'),
      bytes: count().exactOptional().describe('Bytes read from the store.'),
      rejectedSpans: count().exactOptional().describe('Spans rejected by the operator or the destination.'),
      retries: count().exactOptional().describe('Retries used.'),
    })
    .exactOptional()
    .describe('Sums of all time.'),
  lastCompletionTime: moment().exactOptional().describe('When a file was completed last.'),
  lastFailureTime: moment().exactOptional().describe('When a file failed last.'),
  lastScan: z
    .object({
      startTime: moment().exactOptional().describe('When the scan began.'),
      completionTime: moment().exactOptional().describe('When the scan ended.'),
      listed: count().exactOptional().describe('Objects that the store listed.'),
      matched: count().exactOptional().describe('Objects that match the source.'),
      new: count().exactOptional().describe('Matching objects that were not known before.'),
      skipped: z
        .array(
          z.object({
            extension: z.string().max(64).describe('Extension of the keys; empty for keys without one.'),
            count: count().describe('How many objects end so.'),
          }),
        )
        .max(10)
        .exactOptional()
        .describe('Objects that were left alone, by extension, the most frequent first.'),
    })
    .exactOptional()
    .describe(
      'What the last scan saw. Once new keys are known to come last, most scans list only the end of the bucket. A scan without news is written at most every five minutes.',
    ),
  lastTest: z
    .object({
      token: z.string().max(maxToken).describe('Token of the annotation spanferry.io/test that asked for it.'),
      time: moment().describe('When the test ended.'),
      ok: z.boolean().describe('Whether the store can be listed and read.'),
      filesFound: count().exactOptional().describe('Files that match; "at least" so many when counting took over ten seconds.'),
      reason: z.string().max(128).exactOptional().describe('Why the test failed, in one word.'),
      message: z.string().max(maxMessage).exactOptional().describe('What the test saw, in a sentence.'),
    })
    .exactOptional()
    .describe('Result of the last connection test.'),
  recentFailures: z
    .array(
      z.object({
        key: z.string().max(maxKey).describe('Key of the file.'),
        reason: z.string().max(128).describe('Why it failed, in one word.'),
        message: z.string().max(maxMessage).describe('What was seen, in a sentence.'),
      }),
    )
    .max(5)
    .exactOptional()
    .describe('The files that failed last, newest first.'),
  handled: handledOnSource().exactOptional().describe('Tokens of the triggers that were handled last.'),
  ledger: z
    .object({
      entries: count().exactOptional().describe('Files that the ledger remembers.'),
      segments: count().exactOptional().describe('IngestionLedger objects that it is kept in.'),
    })
    .exactOptional()
    .describe('Size of the memory of what is done.'),
});

/** What to ingest, from where, to where. */
export const ingestionSource = z.object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('IngestionSource'),
  metadata,
  spec: fittingSpec.describe('What to ingest, from where, to where.'),
  status: status.prefault({ observedGeneration: -1 }).describe('What the operator found and did. Written by the operator alone.'),
});

export type IngestionSource = Frozen<z.output<typeof ingestionSource>>;
export type SourceSpec = IngestionSource['spec'];
export type SourceStatus = IngestionSource['status'];

const ready = (field: string) => `.status.conditions[?(@.type=="Ready")].${field}`;

export const ingestionSourceKind: Kind = {
  kind: 'IngestionSource',
  plural: 'ingestionsources',
  singular: 'ingestionsource',
  shortName: 'isrc',
  description: 'IngestionSource says what to ingest, from where, and to where: every span of every matching file reaches the destination.',
  columns: [
    { name: 'Ready', type: 'string', path: ready('status'), description: 'Whether files flow, or the source is suspended.' },
    { name: 'Status', type: 'string', path: ready('message'), description: 'What is going on, in a sentence.' },
    { name: 'Location', type: 'string', path: '.status.location', description: 'Where the files are.' },
    { name: 'Pending', type: 'integer', path: '.status.files.pending', description: 'Files that wait for their worker.' },
    { name: 'Done', type: 'integer', path: '.status.files.completed', description: 'Files completed, of all time.' },
    { name: 'Failed', type: 'integer', path: '.status.files.failed', description: 'Files failed, of all time.' },
    { name: 'Spans', type: 'integer', path: '.status.totals.spans', description: 'Spans that the destination acknowledged.' },
    { name: 'Last Scan', type: 'date', path: '.status.lastScan.completionTime', description: 'When the last scan ended.' },
    ageColumn,
  ],
  selectable: [],
};
