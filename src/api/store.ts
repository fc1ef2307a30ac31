import { z } from 'zod';
import { azureBlob } from './azureblob.ts';
import { azureMonitor } from './azuremonitor.ts';
import { cloudTrace } from './cloudtrace.ts';
import { datadog } from './datadog.ts';
import type { Frozen } from './fields.ts';
import { gcs } from './gcs.ts';
import { onChange, rule } from './rule.ts';
import { s3 } from './s3.ts';
import { xray } from './xray.ts';

const buckets = {
  s3: s3.exactOptional().describe('A bucket of Amazon S3 or of a store that speaks its protocol.'),
  gcs: gcs.exactOptional().describe('A bucket of Google Cloud Storage.'),
  azureBlob: azureBlob.exactOptional().describe('A container of Azure Blob Storage.'),
};

const platforms = {
  xray: xray.exactOptional().describe('Traces of AWS X-Ray, read in slices of a minute.'),
  cloudTrace: cloudTrace.exactOptional().describe('Traces of Google Cloud Trace, read in slices of a minute.'),
  azureMonitor: azureMonitor
    .exactOptional()
    .describe('Spans that Application Insights keeps in a Log Analytics workspace of Azure Monitor, read in slices of a minute.'),
  datadog: datadog.exactOptional().describe('Spans of Datadog APM, read in slices of five minutes.'),
};

const kinds = [...Object.keys(buckets), ...Object.keys(platforms)];

/** The place that a source reads: exactly one member. */
export const store = z.object({ ...buckets, ...platforms }).check(
  rule(
    `[${kinds.map((kind) => `has(self.${kind})`).join(', ')}].exists_one(x, x)`,
    `name exactly one store: ${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`,
    (it) => Object.values(it).filter((member) => member !== undefined).length === 1,
  ),
  onChange(
    kinds.map((kind) => `has(self.${kind}) == has(oldSelf.${kind})`).join(' && '),
    'the kind of store cannot change: make another IngestionSource for another store',
  ),
);

export type StoreSpec = Frozen<z.output<typeof store>>;

/** What the spec says of a trace platform, whose files are slices of time; undefined where the store is a bucket. */
export const platformOf = (spec: StoreSpec) => spec.xray ?? spec.cloudTrace ?? spec.azureMonitor ?? spec.datadog;
