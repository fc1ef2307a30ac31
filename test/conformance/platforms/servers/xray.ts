import { expect } from 'vitest';
import { startXrayServer } from '../../../support/platforms/xray.ts';
import type { Access } from '../../stores/driver.ts';
import type { PlatformDriver } from '../driver.ts';

const keys = (accessKeyId: string) => ({ 'xray-keys': { accessKeyId, secretAccessKey: 'secret' } });
const withKey = (accessKeyId: string) => (access: Access) => ({ ...access, secrets: keys(accessKeyId) });

/** The access that a source of the project's own X-Ray would have. */
export const xrayAccess = (endpoint: string, service?: string, more: object = {}): Access => ({
  spec: {
    xray: {
      region: 'us-east-1',
      endpoint,
      ...(service !== undefined && { service }),
      lookback: '1h',
      settle: '2m',
      overlap: '10m',
      keepInferred: false,
      requestsPerSecond: 50,
      inferStepTypes: false,
      auth: { type: 'AccessKey', accessKeySecretRef: { name: 'xray-keys' } },
      ...more,
    },
  },
  secrets: keys('AKIAREADER'),
});

/** The project's own X-Ray: pages of twenty summaries. */
export const xray: PlatformDriver = {
  name: 'xray',
  provider: 'aws',
  minutes: 1,
  manySpans: 55,
  start: async (now) => {
    const server = await startXrayServer(now, {
      access: (id, action) =>
        id === 'AKIAREADER' || (id === 'AKIALISTER' && action === 'GetTraceSummaries')
          ? 'granted'
          : id === 'AKIASTRANGER'
            ? 'unknown'
            : 'denied',
    });
    return { server, access: (service) => xrayAccess(server.origin, service) };
  },
  throttled: { status: 429, body: { message: 'Rate exceeded' }, headers: { 'x-amzn-errortype': 'ThrottledException' } },
  calls: /^POST \/(TraceSummaries|Traces|StartTraceRetrieval|ListRetrievedTraces)$/,
  garbled: { reason: 'InvalidSpan', message: expect.stringMatching(/unreadable segment b\w{15} of 1-6564\w{4}-\w{24}/) },
  partly: /sampling rules.*Transaction Search/,
  troubles: [
    {
      name: 'no keys',
      reason: 'MissingCredential',
      says: /Secret xray-keys/,
      shows: 'probe',
      access: (access) => ({ ...access, secrets: {} }),
    },
    { name: 'an unknown access key', reason: 'InvalidAccessKeyId', shows: 'probe', access: withKey('AKIASTRANGER') },
    {
      name: 'summaries that are not granted',
      reason: 'AccessDenied',
      says: /xray:GetTraceSummaries/,
      shows: 'probe',
      access: withKey('AKIABLIND'),
    },
    {
      name: 'traces that are not granted',
      reason: 'AccessDenied',
      says: /xray:BatchGetTraces/,
      shows: 'open',
      access: withKey('AKIALISTER'),
    },
    {
      name: 'a filter that X-Ray does not take',
      reason: 'InvalidSpec',
      says: /does not take the filter/,
      shows: 'probe',
      access: ({ spec, secrets }) => ({ spec: { xray: { ...spec.xray!, filter: 'slow >' } }, secrets }),
    },
    {
      name: 'a session that stays expired',
      reason: 'ExpiredToken',
      shows: 'open',
      faults: Array.from({ length: 2 }, () => ({
        status: 400,
        body: { message: 'expired' },
        headers: { 'x-amzn-errortype': 'ExpiredTokenException' },
      })),
    },
  ],
};
