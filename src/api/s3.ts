import { z } from 'zod';
import { endpointUrl } from './fields.ts';
import { fits, rule } from './rule.ts';
import { secretKeyRef, secretRef } from './secretref.ts';
import { prefix, sameForLife } from './storefields.ts';

/** How to authenticate at AWS. */
/** How to authenticate at AWS. */
export const awsAuth = z
  .object({
    type: z
      .enum(['IAMRole', 'AccessKey'])
      .default('IAMRole')
      .describe("IAMRole: the operator's own identity (IRSA, Pod Identity or node role). AccessKey: the key in accessKeySecretRef."),
    accessKeySecretRef: secretRef()
      .exactOptional()
      .describe('Secret with accessKeyId, secretAccessKey and, for temporary credentials, sessionToken. For type AccessKey only.'),
    roleArn: z
      .string()
      .max(2_048)
      .check(
        fits(
          '^arn:[a-z0-9-]+:iam::[A-Za-z0-9-]*:role/[!-~]+$',
          'a role is named by its ARN, such as arn:aws:iam::123456789012:role/trace-reader',
        ),
      )
      .exactOptional()
      .describe('Role to assume through STS, with either type. Sessions carry namespace and name of the source as tags.'),
    externalIdSecretRef: secretKeyRef('externalId')
      .exactOptional()
      .describe('External id that the trust policy of the role asks for. Needs roleArn.'),
  })
  .check(
    rule(
      "self.type != 'AccessKey' || has(self.accessKeySecretRef)",
      'type AccessKey needs accessKeySecretRef: name the Secret that holds accessKeyId and secretAccessKey',
      (it) => it.type !== 'AccessKey' || it.accessKeySecretRef !== undefined,
    ),
    rule(
      "self.type != 'IAMRole' || !has(self.accessKeySecretRef)",
      'type IAMRole takes no accessKeySecretRef: set type to AccessKey, or leave the Secret out',
      (it) => it.type !== 'IAMRole' || it.accessKeySecretRef === undefined,
    ),
    rule(
      'has(self.roleArn) || !has(self.externalIdSecretRef)',
      'externalIdSecretRef needs roleArn: name the role that asks for the external id, or leave it out',
      (it) => it.roleArn !== undefined || it.externalIdSecretRef === undefined,
    ),
  );

/** A bucket of Amazon S3 or of anything that speaks its protocol. */
export const s3 = z
  .object({
    bucket: z
      .string()
      .max(63)
      .check(
        fits(
          '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
          "a bucket's name has 3 to 63 characters of a-z, 0-9, dot and hyphen, and starts and ends with a letter or digit",
        ),
      )
      .describe('Name of the bucket. Cannot change.'),
    prefix: prefix(),
    region: z
      .string()
      .max(64)
      .check(fits('^[A-Za-z0-9_-]+$', 'a region is made of letters, digits and hyphens, such as us-east-1'))
      .exactOptional()
      .describe(
        'Region of the bucket, such as us-east-1. Found out where it is left out; a wrong one is reported together with the right one.',
      ),
    endpoint: endpointUrl('https://s3.internal:9000')
      .exactOptional()
      .describe('URL of an S3-compatible store (Ceph, MinIO, versitygw, R2 …). Left out: Amazon S3. Cannot change.'),
    forcePathStyle: z
      .boolean()
      .default(false)
      .describe('Put the bucket into the path instead of the host name, as most S3-compatible stores want it.'),
    bucketOwner: z
      .string()
      .max(12)
      .check(fits('^[0-9]{12}$', 'a bucket owner is the 12 digits of an AWS account, in quotes'))
      .exactOptional()
      .describe("AWS account that must own the bucket; anybody else's bucket is refused."),
    requesterPays: z.boolean().default(false).describe('Agree to pay for requests to a bucket that asks its readers to.'),
    caSecretRef: secretKeyRef('ca.crt').exactOptional().describe("Certificate authority of the endpoint, in PEM, beside the system's."),
    auth: awsAuth.prefault({ type: 'IAMRole' }).describe('How to authenticate.'),
  })
  .check(sameForLife('bucket'), sameForLife('endpoint'));
