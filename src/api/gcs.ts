import { z } from 'zod';
import { endpointUrl } from './fields.ts';
import { celString, fits, rule } from './rule.ts';
import { secretKeyRef } from './secretref.ts';
import { prefix, sameForLife } from './storefields.ts';

/** Google's own hosts: public, regional, private service connect, and the sovereign cloud of S3NS. Only by TLS. */
export const googleHost = '^https://[a-z0-9.-]+\\.(googleapis\\.com|s3nsapis\\.fr)(:443)?(/.*)?$';

/** Whether an endpoint is a host of Google, which alone may be shown a token of Google. */
export const isGoogleEndpoint = (endpoint: string): boolean => new RegExp(googleHost).test(endpoint);

/** How to authenticate at Google. */
export const googleAuth = z
  .object({
    type: z
      .enum(['WorkloadIdentity', 'ServiceAccountKey', 'None'])
      .default('WorkloadIdentity')
      .describe(
        "WorkloadIdentity: the operator's own identity. ServiceAccountKey: the key in keySecretRef. None: anonymous, for public buckets and foreign endpoints.",
      ),
    keySecretRef: secretKeyRef('key.json')
      .exactOptional()
      .describe('JSON key of a service account (type service_account). For type ServiceAccountKey only.'),
  })
  .check(
    rule(
      "self.type != 'ServiceAccountKey' || has(self.keySecretRef)",
      'type ServiceAccountKey needs keySecretRef: name the Secret that holds the JSON key',
      (it) => it.type !== 'ServiceAccountKey' || it.keySecretRef !== undefined,
    ),
    rule(
      "self.type == 'ServiceAccountKey' || !has(self.keySecretRef)",
      'only type ServiceAccountKey takes keySecretRef: set type to ServiceAccountKey, or leave the Secret out',
      (it) => it.type === 'ServiceAccountKey' || it.keySecretRef === undefined,
    ),
  );

/** A bucket of Google Cloud Storage. */
export const gcs = z
  .object({
    bucket: z
      .string()
      .max(222)
      .check(
        fits(
          '^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$',
          "a bucket's name has 3 to 222 characters of a-z, 0-9, dot, hyphen and underscore, and starts and ends with a letter or digit",
        ),
      )
      .describe('Name of the bucket. Cannot change.'),
    prefix: prefix(),
    endpoint: endpointUrl('https://storage.googleapis.com')
      .exactOptional()
      .describe(
        "URL of the store. Left out: Google Cloud Storage. A host that is not Google's gets no token, so it needs auth type None. Cannot change.",
      ),
    caSecretRef: secretKeyRef('ca.crt').exactOptional().describe("Certificate authority of the endpoint, in PEM, beside the system's."),
    auth: googleAuth.prefault({ type: 'WorkloadIdentity' }).describe('How to authenticate.'),
  })
  .check(
    rule(
      `self.auth.type == 'None' || !has(self.endpoint) || self.endpoint.matches(${celString(googleHost)})`,
      "a token of Google goes only to Google's own hosts: set auth.type to None, or leave endpoint out",
      (it) => it.auth.type === 'None' || it.endpoint === undefined || isGoogleEndpoint(it.endpoint),
      'endpoint',
    ),
    sameForLife('bucket'),
    sameForLife('endpoint'),
  );
