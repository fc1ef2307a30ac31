import { datadogKeys } from '../../test/support/platforms/datadog.ts';
import type { S3Server } from '../../test/support/s3-server/server.ts';
import { prefixes } from './sample/bucket.ts';
import { service } from './sample/platform.ts';

/** The bucket that four teams share. */
export const bucket = 'acme-traces';

export const names = {
  checkout: 'checkout-agents',
  travel: 'travel-supervisor',
  billing: 'billing-agents',
  support: 'support-agents',
} as const;

/** The source that reads a trace platform. */
export const platformSource = service;

export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string };

export const secret = (name: string, { accessKeyId, secretAccessKey }: AccessKey) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'default' },
  stringData: { accessKeyId, secretAccessKey },
});

/** A source for each team. Nothing says where the spans go: that is the operator's own collector. */
export function sources(s3: Pick<S3Server, 'endpoint' | 'region'>): readonly object[] {
  const source = (team: keyof typeof names, description: string, secretName: string, more: object = {}) => ({
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionSource',
    metadata: { name: names[team], namespace: 'default' },
    spec: {
      description,
      store: {
        s3: {
          bucket,
          prefix: prefixes[team],
          region: s3.region,
          endpoint: s3.endpoint,
          forcePathStyle: true,
          auth: { type: 'AccessKey', accessKeySecretRef: { name: secretName } },
        },
      },
      scan: { interval: '10s' },
      ...more,
    },
  });
  return [
    source('checkout', 'A LangGraph agent of the shop, which writes OTLP files', 's3-keys'),
    source('travel', 'A supervisor of agents, which writes Monocle files', 's3-keys', { format: 'Monocle' }),
    source('billing', 'An agent of another team, with a Secret of its own', 'billing-keys'),
    source('support', 'An agent that answers tickets and writes a small file for each', 's3-keys'),
  ];
}

/** A source whose traces are at Datadog and in no bucket, with its keys. It looks at what has just ended, so that nobody has to wait. */
export const platform = (endpoint: string): readonly object[] => [
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'datadog-keys', namespace: 'default' }, stringData: datadogKeys },
  {
    apiVersion: 'spanferry.io/v1alpha1',
    kind: 'IngestionSource',
    metadata: { name: platformSource, namespace: 'default' },
    spec: {
      description: 'An agent that sends its traces to Datadog, read in slices of time',
      store: {
        datadog: {
          site: 'eu1',
          endpoint,
          service,
          ...{ lookback: '40m', settle: '0s', overlap: '0s' },
          apiKeySecretRef: { name: 'datadog-keys' },
          appKeySecretRef: { name: 'datadog-keys' },
        },
      },
      scan: { interval: '10s' },
    },
  },
];

/** Keys that were copied without their last letter, as it happens. */
export const mistyped = ({ accessKeyId, secretAccessKey }: AccessKey): AccessKey => ({
  accessKeyId,
  secretAccessKey: secretAccessKey.slice(0, -1),
});
