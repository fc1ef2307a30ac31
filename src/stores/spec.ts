/** A key of a Secret in the namespace of the source. */
type SecretKeyRef = { readonly name: string; readonly key: string };
type SecretRef = { readonly name: string };

/** What `spec.store.s3` says. */
export type S3Spec = {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly forcePathStyle?: boolean | undefined;
  readonly bucketOwner?: string | undefined;
  readonly requesterPays?: boolean | undefined;
  readonly caSecretRef?: SecretKeyRef | undefined;
  readonly auth?:
    | {
        readonly type?: 'IAMRole' | 'AccessKey' | undefined;
        readonly accessKeySecretRef?: SecretRef | undefined;
        readonly roleArn?: string | undefined;
        readonly externalIdSecretRef?: SecretKeyRef | undefined;
      }
    | undefined;
};

/** What `spec.store.gcs` says. */
export type GcsSpec = {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly caSecretRef?: SecretKeyRef | undefined;
  readonly auth?:
    | {
        readonly type?: 'WorkloadIdentity' | 'ServiceAccountKey' | 'None' | undefined;
        readonly keySecretRef?: SecretKeyRef | undefined;
      }
    | undefined;
};

/** What `spec.store.azureBlob` says. */
export type AzureBlobSpec = {
  readonly account?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly container: string;
  readonly prefix?: string | undefined;
  readonly caSecretRef?: SecretKeyRef | undefined;
  readonly auth?:
    | {
        readonly type?: 'WorkloadIdentity' | 'AccountKey' | 'SAS' | 'ConnectionString' | undefined;
        readonly secretRef?: SecretKeyRef | undefined;
      }
    | undefined;
};

/** What each member of `spec.store` says. */
export type StoreSpecs = { readonly s3: S3Spec; readonly gcs: GcsSpec; readonly azureBlob: AzureBlobSpec };

/** `spec.store` of a source: exactly one member. */
export type StoreSpec = { readonly [Kind in keyof StoreSpecs]?: StoreSpecs[Kind] | undefined };
