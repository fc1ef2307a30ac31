import { z } from 'zod';
import { azureBlob } from './azureblob.ts';
import type { Frozen } from './fields.ts';
import { gcs } from './gcs.ts';
import { onChange, rule } from './rule.ts';
import { s3 } from './s3.ts';

/** The place that a source reads: exactly one member. */
export const store = z
  .object({
    s3: s3.exactOptional().describe('A bucket of Amazon S3 or of a store that speaks its protocol.'),
    gcs: gcs.exactOptional().describe('A bucket of Google Cloud Storage.'),
    azureBlob: azureBlob.exactOptional().describe('A container of Azure Blob Storage.'),
  })
  .check(
    rule(
      '[has(self.s3), has(self.gcs), has(self.azureBlob)].exists_one(x, x)',
      'name exactly one store: s3, gcs or azureBlob',
      (it) => Object.values(it).filter((member) => member !== undefined).length === 1,
    ),
    onChange(
      'has(self.s3) == has(oldSelf.s3) && has(self.gcs) == has(oldSelf.gcs) && has(self.azureBlob) == has(oldSelf.azureBlob)',
      'the kind of store cannot change: make another IngestionSource for another store',
    ),
  );

export type StoreSpec = Frozen<z.output<typeof store>>;
