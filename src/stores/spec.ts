import type { StoreSpec } from '../api/store.ts';

/** `spec.store` of a source: exactly one member. */
export type { StoreSpec };

/** What each member of `spec.store` says. */
export type StoreSpecs = Required<StoreSpec>;

/** What `spec.store.s3` says. */
export type S3Spec = StoreSpecs['s3'];

/** What `spec.store.gcs` says. */
export type GcsSpec = StoreSpecs['gcs'];

/** What `spec.store.azureBlob` says. */
export type AzureBlobSpec = StoreSpecs['azureBlob'];

/** What `spec.store.datadog` says. */
export type DatadogSpec = StoreSpecs['datadog'];

/** What `spec.store.cloudTrace` says. */
export type CloudTraceSpec = StoreSpecs['cloudTrace'];

/** What `spec.store.azureMonitor` says. */
export type AzureMonitorSpec = StoreSpecs['azureMonitor'];

/** What `spec.store.xray` says. */
export type XraySpec = StoreSpecs['xray'];

/** What all trace platforms say. */
export type PlatformSpec = XraySpec | DatadogSpec | CloudTraceSpec | AzureMonitorSpec;
