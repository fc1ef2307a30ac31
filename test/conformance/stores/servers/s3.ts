import type { S3Spec } from '../../../../src/stores/spec.ts';
import type { Access } from '../driver.ts';

export type S3Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

/** Access to a bucket of an S3 server with keys from a Secret. `more` replaces members of the spec. */
export const s3Access = (endpoint: string, bucket: string, keys: S3Keys, more: Partial<S3Spec> = {}): Access => ({
  spec: {
    s3: {
      bucket,
      prefix: '',
      requesterPays: false,
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } },
      ...more,
    },
  },
  secrets: { 's3-keys': { ...keys }, 'trace-reader': { externalId: 'ferry-7Q' } },
});

/** Access that assumes a role. */
export const asRole = (roleArn: string, withExternalId: boolean): Partial<S3Spec> => ({
  auth: {
    type: 'AccessKey',
    accessKeySecretRef: { name: 's3-keys' },
    roleArn,
    ...(withExternalId && { externalIdSecretRef: { name: 'trace-reader', key: 'externalId' } }),
  },
});
