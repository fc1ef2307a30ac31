import type { AzureBlobStore } from '../api/azureblob.ts';
import type { GcsStore } from '../api/gcs.ts';
import type { S3Store } from '../api/s3.ts';

/** What `spec.store.s3` says. */
export type S3Spec = S3Store;

/** What `spec.store.gcs` says. */
export type GcsSpec = GcsStore;

/** What `spec.store.azureBlob` says. */
export type AzureBlobSpec = AzureBlobStore;

/** What each member of `spec.store` says. */
export type StoreSpecs = { readonly s3: S3Spec; readonly gcs: GcsSpec; readonly azureBlob: AzureBlobSpec };

/** `spec.store` of a source: exactly one member. */
export type { StoreSpec } from '../api/store.ts';
