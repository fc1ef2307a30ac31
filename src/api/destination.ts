import { z } from 'zod';
import { endpointUrl, type Frozen } from './fields.ts';
import { secretKeyRef, secretRef } from './secretref.ts';

/** An OpenTelemetry collector of the source's own, instead of the operator's. */
export const destination = z.object({
  endpoint: endpointUrl('http://otel-collector:4318').describe(
    'URL of an OTLP/HTTP receiver (port 4318 by custom). It gets /v1/traces unless it ends so.',
  ),
  authTokenSecretRef: secretKeyRef('token').exactOptional().describe('Token that is sent as Authorization: Bearer ….'),
  headersSecretRef: secretRef()
    .exactOptional()
    .describe('Secret whose every key is sent as a header. Host, Content-*, Transfer-Encoding and Connection cannot be set.'),
  compression: z
    .enum(['None', 'Zstd', 'Gzip'])
    .default('None')
    .describe('How requests are compressed. The destination must understand it.'),
  caSecretRef: secretKeyRef('ca.crt').exactOptional().describe("Certificate authority of the destination, in PEM, beside the system's."),
  clientCertSecretRef: secretRef()
    .exactOptional()
    .describe('Secret of type kubernetes.io/tls with the certificate that the operator shows.'),
});

export type Destination = Frozen<z.output<typeof destination>>;
