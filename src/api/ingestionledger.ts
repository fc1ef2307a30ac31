import { z } from 'zod';
import { handledOnSource } from './annotations.ts';
import { count, type Frozen, moment, sourceRef } from './fields.ts';
import { ageColumn, apiVersion, type Kind, metadata } from './kind.ts';
import { onChange } from './rule.ts';

/** The most characters of base64 that one segment holds: with the rest of the object it stays below what etcd takes. */
const maxLedgerData = 700_000;

/** What the ledger knows beside entries; kept in segment 0. */
const head = z.object({
  expectedEntries: count().default(0).describe('Entries that all segments together must have; fewer mean that one is missing or old.'),
  completed: count().default(0).describe('Files completed, of all time.'),
  failed: count().default(0).describe('Files failed, of all time, and neither retried nor forgiven since.'),
  totals: z
    .object({
      files: count().default(0).describe('Files finished.'),
      spans: count().default(0).describe('Spans that the destination acknowledged.'),
      bytes: count().default(0).describe('Bytes read from the store.'),
      rejectedSpans: count().default(0).describe('Spans rejected by the operator or the destination.'),
      retries: count().default(0).describe('Retries used.'),
    })
    .prefault({})
    .describe('Sums of all time.'),
  modified: z
    .object({
      rule: z.string().max(512).describe('What spec.scan.modified said when it was resolved.'),
      after: moment().describe('The moment it was resolved into.'),
    })
    .exactOptional()
    .describe('How spec.scan.modified was resolved. An outage never moves it.'),
  handled: handledOnSource().exactOptional().describe('Tokens of the triggers that were handled last.'),
  forgiven: count().default(0).describe('Failures up to this sequence are forgiven: their files are ingested again.'),
});

const spec = z
  .object({
    sourceRef: sourceRef().describe('The source whose files these are.'),
    number: count().describe('Number of the segment, counted from 0, the head. Cannot change.'),
    open: z.boolean().describe('Whether entries are still added; a sealed segment only changes when segments are merged.'),
    codec: z.string().min(1).max(32).describe('How data is encoded. An unknown codec stops the source instead of guessing.'),
    sequence: count().describe('Number of the write, counted over all segments of the source.'),
    entries: count().describe('Files in this segment.'),
    failures: count().describe('Failed files among them.'),
    data: z.string().max(maxLedgerData).describe('The entries, in base64.'),
    head: head.exactOptional().describe('What the ledger knows beside entries. In segment 0 only.'),
  })
  .check(onChange('self.sourceRef == oldSelf.sourceRef && self.number == oldSelf.number', 'a segment keeps its source and its number'));

/** What is done, compactly: one segment of the memory of a source. */
export const ingestionLedger = z.object({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('IngestionLedger'),
  metadata,
  spec: spec.describe('One segment of what is done. Written by the operator alone.'),
});

export type IngestionLedger = Frozen<z.output<typeof ingestionLedger>>;
export type LedgerSpec = IngestionLedger['spec'];
export type LedgerHead = Frozen<z.output<typeof head>>;

export const ingestionLedgerKind: Kind = {
  kind: 'IngestionLedger',
  plural: 'ingestionledgers',
  singular: 'ingestionledger',
  shortName: 'iledger',
  description:
    'IngestionLedger is a segment of the memory of what is done: a file in it is not ingested again unless asked. People only look.',
  columns: [
    { name: 'Source', type: 'string', path: '.spec.sourceRef.name', description: 'The source whose files these are.' },
    { name: 'Number', type: 'integer', path: '.spec.number', description: 'Number of the segment.' },
    { name: 'Open', type: 'boolean', path: '.spec.open', description: 'Whether entries are still added.' },
    { name: 'Entries', type: 'integer', path: '.spec.entries', description: 'Files in this segment.' },
    { name: 'Failures', type: 'integer', path: '.spec.failures', description: 'Failed files among them.' },
    ageColumn,
  ],
  selectable: ['.spec.sourceRef.name'],
};
