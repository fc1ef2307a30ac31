import { z } from 'zod';
import { endpointUrl } from './fields.ts';
import { fits } from './rule.ts';
import { awsAuth } from './s3.ts';
import { secretKeyRef } from './secretref.ts';
import { inferStepTypes, sliceFields } from './slicefields.ts';
import { sameForLife } from './storefields.ts';

/** Traces of AWS X-Ray. */
export const xray = z
  .object({
    region: z
      .string()
      .max(64)
      .check(fits('^[a-z0-9-]+$', 'a region is made of lower-case letters, digits and hyphens, such as us-east-1'))
      .describe('Region whose traces are read, such as us-east-1. Cannot change.'),
    endpoint: endpointUrl('https://vpce-0123.xray.us-east-1.vpce.amazonaws.com')
      .exactOptional()
      .describe('URL of the API, such as that of a VPC endpoint. Left out: that of the region. Cannot change.'),
    ...sliceFields({ overlap: '10m', days: 30 }),
    filter: z
      .string()
      .min(1)
      .max(1_500)
      .exactOptional()
      .describe('Filter expression of X-Ray, such as `responsetime > 5`; a trace must match it and the service. Cannot change.'),
    keepInferred: z
      .boolean()
      .default(false)
      .describe('Keep segments that X-Ray infers from the other side of a call. They repeat subsegments, so they are left out.'),
    requestsPerSecond: z
      .int()
      .min(1)
      .max(50)
      .default(1)
      .describe('Requests a second at most; each brings five traces. AWS publishes no limit, so raise it as far as your account takes it.'),
    inferStepTypes: inferStepTypes(),
    auth: awsAuth.prefault({ type: 'IAMRole' }).describe('How to authenticate.'),
    caSecretRef: secretKeyRef('ca.crt').exactOptional().describe("Certificate authority of the endpoint, in PEM, beside the system's."),
  })
  .check(sameForLife('region'), sameForLife('endpoint'), sameForLife('service'), sameForLife('filter'));
