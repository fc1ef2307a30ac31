import { z } from 'zod';
import { endpointUrl } from './fields.ts';
import { fits } from './rule.ts';
import { secretKeyRef } from './secretref.ts';
import { inferStepTypes, sliceFields } from './slicefields.ts';
import { sameForLife } from './storefields.ts';

/** The API hosts of Datadog's sites, by the names that Datadog gives them. */
export const datadogSites = {
  us1: 'api.datadoghq.com',
  us3: 'api.us3.datadoghq.com',
  us5: 'api.us5.datadoghq.com',
  eu1: 'api.datadoghq.eu',
  ap1: 'api.ap1.datadoghq.com',
  ap2: 'api.ap2.datadoghq.com',
  uk1: 'api.uk1.datadoghq.com',
  gov: 'api.ddog-gov.com',
  gov2: 'api.us2.ddog-gov.com',
} as const;

const siteNames = Object.keys(datadogSites).join(', ');

/** Spans of Datadog APM. */
export const datadog = z
  .object({
    site: z
      .string()
      .max(253)
      .check(
        fits(
          `^(${Object.keys(datadogSites).join('|')}|[a-z0-9-]+(\\.[a-z0-9-]+)+)$`,
          `a site is one of ${siteNames}, or the host of an API such as api.datadoghq.eu`,
        ),
      )
      .default('us1')
      .describe(`Site of Datadog: ${siteNames}, or the host of its API. Cannot change.`),
    endpoint: endpointUrl('https://datadog-proxy.internal')
      .exactOptional()
      .describe('URL of the API, where it is reached by a way of your own. Left out: that of the site. Cannot change.'),
    ...sliceFields({ overlap: '5m', days: 15 }),
    inferStepTypes: inferStepTypes(),
    apiKeySecretRef: secretKeyRef('apiKey').describe('API key of the organisation.'),
    appKeySecretRef: secretKeyRef('appKey').describe('Application key that may read spans (apm_read).'),
    caSecretRef: secretKeyRef('ca.crt').exactOptional().describe("Certificate authority of the endpoint, in PEM, beside the system's."),
  })
  .check(sameForLife('site'), sameForLife('endpoint'), sameForLife('service'));
