import { z } from 'zod';
import { endpointUrl } from './fields.ts';
import { googleAuth, googleHost, isGoogleEndpoint } from './gcs.ts';
import { celString, fits, rule } from './rule.ts';
import { secretKeyRef } from './secretref.ts';
import { inferStepTypes, sliceFields } from './slicefields.ts';
import { sameForLife } from './storefields.ts';

/** Traces of Google Cloud Trace. */
export const cloudTrace = z
  .object({
    project: z
      .string()
      .max(63)
      .check(
        fits(
          '^([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$',
          'a project is named by its id: 6 to 30 characters of a-z, 0-9 and hyphen, such as acme-prod-4711',
        ),
      )
      .describe('Id of the project. Cannot change.'),
    endpoint: endpointUrl('https://cloudtrace.googleapis.com')
      .exactOptional()
      .describe(
        "URL of the API. Left out: Google's. A host that is not Google's gets no token, so it needs auth type None. Cannot change.",
      ),
    ...sliceFields({ overlap: '10m', days: 30 }),
    inferStepTypes: inferStepTypes(),
    auth: googleAuth.prefault({ type: 'WorkloadIdentity' }).describe('How to authenticate.'),
    caSecretRef: secretKeyRef('ca.crt').exactOptional().describe("Certificate authority of the endpoint, in PEM, beside the system's."),
  })
  .check(
    rule(
      `self.auth.type == 'None' || !has(self.endpoint) || self.endpoint.matches(${celString(googleHost)})`,
      "a token of Google goes only to Google's own hosts: set auth.type to None, or leave endpoint out",
      (it) => it.auth.type === 'None' || it.endpoint === undefined || isGoogleEndpoint(it.endpoint),
      'endpoint',
    ),
    sameForLife('project'),
    sameForLife('endpoint'),
    sameForLife('service'),
  );
