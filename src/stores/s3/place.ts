import type { Place } from '../provider.ts';
import type { S3Spec } from '../spec.ts';

/** Where an S3 source looks. Bucket names are unique among all buckets of AWS, so its many endpoints count as one. */
export function s3Place({ bucket, prefix, endpoint }: S3Spec): Place {
  return {
    location: `s3://${bucket}/${prefix ?? ''}`,
    identity: { kind: 's3', endpoint: endpoint === undefined || isAwsEndpoint(endpoint) ? 'amazonaws.com' : originOf(endpoint), bucket },
  };
}

/** Names of the Secrets that an S3 source refers to. */
export const s3SecretNames = ({ caSecretRef, auth }: S3Spec): readonly string[] =>
  [caSecretRef, auth?.accessKeySecretRef, auth?.externalIdSecretRef].flatMap((ref) => (ref ? [ref.name] : []));

/** A regional or dual-stack host of AWS itself, given as an endpoint. */
export const isAwsEndpoint = (endpoint: string): boolean => /(^|\.)amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);

const originOf = (endpoint: string): string => new URL(endpoint).origin;
