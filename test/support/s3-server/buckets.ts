import { join } from 'node:path';
import { S3Error } from './errors.ts';
import { ACCOUNT } from './identities.ts';
import { type Objects, objects } from './objects.ts';

export type BucketOptions = {
  readonly region?: string;
  readonly owner?: string;
  /** Answers a wrong region with PermanentRedirect, as regional endpoints do, instead of AuthorizationHeaderMalformed. */
  readonly redirects?: boolean;
  /** Whoever reads has to agree to pay. */
  readonly requesterPays?: boolean;
};

export type Bucket = Required<BucketOptions> & { readonly name: string; readonly objects: Objects };

/** The buckets of a server. */
export type Buckets = {
  readonly create: (name: string, options?: BucketOptions) => Bucket;
  readonly get: (name: string) => Bucket;
  readonly has: (name: string) => boolean;
};

export function buckets(region: string, directory: string | undefined): Buckets {
  const byName = new Map<string, Bucket>();
  return {
    create: (name, options = {}) => {
      const existing = byName.get(name);
      if (existing) return existing;
      const kept = objects(directory === undefined ? undefined : join(directory, name));
      const bucket: Bucket = { region, owner: ACCOUNT, redirects: false, requesterPays: false, ...options, name, objects: kept };
      byName.set(name, bucket);
      return bucket;
    },
    get: (name) => byName.get(name) ?? noSuchBucket(name),
    has: (name) => byName.has(name),
  };
}

const noSuchBucket = (name: string): never => {
  throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
};

/** Throws what S3 answers to a request that is signed for another region than the bucket's. */
export function checkRegion(bucket: Bucket, signedFor: string): void {
  if (signedFor === bucket.region) return;
  const headers = { 'x-amz-bucket-region': bucket.region };
  if (bucket.redirects) {
    throw new S3Error(
      301,
      'PermanentRedirect',
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
      { Endpoint: `${bucket.name}.s3.${bucket.region}.amazonaws.com`, Bucket: bucket.name },
      headers,
    );
  }
  throw new S3Error(
    400,
    'AuthorizationHeaderMalformed',
    `The authorization header is malformed; the region '${signedFor}' is wrong; expecting '${bucket.region}'`,
    { Region: bucket.region },
    headers,
  );
}

/** Throws where the request expects another owner, or does not agree to pay. */
export function checkTerms(bucket: Bucket, expectedOwner: string | undefined, payer: string | undefined): void {
  if (expectedOwner !== undefined && expectedOwner !== bucket.owner) throw new S3Error(403, 'AccessDenied', 'Access Denied');
  if (bucket.requesterPays && payer !== 'requester') throw new S3Error(403, 'AccessDenied', 'Access Denied');
}
