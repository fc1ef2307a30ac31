import { z } from 'zod';
import { endpointUrl } from './fields.ts';
import { celString, fits, rule } from './rule.ts';
import { secretKeyRef } from './secretref.ts';
import { inferStepTypes, sliceFields } from './slicefields.ts';
import { sameForLife } from './storefields.ts';

/** Microsoft's own query hosts: public and the sovereign clouds. Only by TLS. */
const logsHost = '^https://api\\.loganalytics\\.(io|azure\\.com|us|azure\\.us|azure\\.cn)(:443)?(/.*)?$';

/** Whether an endpoint is a query host of Azure, which alone may be shown a token of Azure. */
export const isLogsEndpoint = (endpoint: string): boolean => new RegExp(logsHost).test(endpoint);

const auth = z.object({
  type: z
    .enum(['WorkloadIdentity', 'None'])
    .default('WorkloadIdentity')
    .describe("WorkloadIdentity: the operator's own identity. None: no token, for an endpoint that is not Azure's."),
});

/** Spans that Application Insights keeps in a Log Analytics workspace. */
export const azureMonitor = z
  .object({
    workspaceId: z
      .string()
      .max(36)
      .check(
        fits(
          '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
          'a workspace is named by its id, a GUID that its overview in the portal shows; it is neither its name nor an instrumentation key',
        ),
      )
      .describe('Id of the Log Analytics workspace, a GUID. Cannot change.'),
    endpoint: endpointUrl('https://api.loganalytics.azure.com')
      .exactOptional()
      .describe(
        "URL of the query API. Left out: Azure's. A host that is not Azure's gets no token, so it needs auth type None. Cannot change.",
      ),
    ...sliceFields({ overlap: '10m', days: 30 }),
    appTraces: z.boolean().default(false).describe('Also read the table AppTraces: its rows become events of the spans they belong to.'),
    inferStepTypes: inferStepTypes(),
    auth: auth.prefault({ type: 'WorkloadIdentity' }).describe('How to authenticate.'),
    caSecretRef: secretKeyRef('ca.crt').exactOptional().describe("Certificate authority of the endpoint, in PEM, beside the system's."),
  })
  .check(
    rule(
      `self.auth.type == 'None' || !has(self.endpoint) || self.endpoint.matches(${celString(logsHost)})`,
      "a token of Azure goes only to Azure's own hosts: set auth.type to None, or leave endpoint out",
      (it) => it.auth.type === 'None' || it.endpoint === undefined || isLogsEndpoint(it.endpoint),
      'endpoint',
    ),
    sameForLife('workspaceId'),
    sameForLife('endpoint'),
    sameForLife('service'),
  );
