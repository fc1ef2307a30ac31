import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { TestBucket } from '../driver.ts';
import { type S3Keys, s3Access } from './s3.ts';

/** Makes buckets and objects at a server of somebody else, by its own protocol. */
export function s3Fixtures(endpoint: string, owner: S3Keys, reader: S3Keys = owner) {
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { ...owner }, maxAttempts: 5 });
  let made = 0;

  const createBucket = async (): Promise<TestBucket> => {
    const bucket = `acme-traces-${++made}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return {
      access: (prefix = '') => s3Access(endpoint, bucket, reader, { prefix }),
      put: async (key, body) => {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body) }));
      },
      delete: async (key) => {
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      },
    };
  };
  return { createBucket, close: () => client.destroy() };
}

/** Name of the bucket that a fixture made. */
export const nameOf = (bucket: TestBucket): string => bucket.access().spec.s3?.bucket ?? '';
