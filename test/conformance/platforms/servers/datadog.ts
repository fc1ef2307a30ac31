import { expect } from 'vitest';
import type { Secrets } from '../../../../src/stores/provider.ts';
import { blindAppKey, datadogKeys, startDatadogServer } from '../../../support/platforms/datadog.ts';
import type { Access } from '../../stores/driver.ts';
import type { PlatformDriver } from '../driver.ts';

const keys: Secrets = { 'datadog-keys': { ...datadogKeys } };
const ref = (key: string) => ({ name: 'datadog-keys', key });

const withSecrets = (secrets: Secrets) => (access: Access) => ({ ...access, secrets });

/** The project's own Datadog: pages of fifty spans at most. */
export const datadog: PlatformDriver = {
  name: 'datadog',
  provider: 'datadog',
  minutes: 5,
  manySpans: 170,
  start: async (now) => {
    const server = await startDatadogServer(now, { pageCap: 50 });
    const access = (service?: string): Access => ({
      spec: {
        datadog: {
          site: 'eu1',
          endpoint: server.origin,
          ...(service !== undefined && { service }),
          lookback: '1h',
          settle: '2m',
          overlap: '5m',
          inferStepTypes: false,
          apiKeySecretRef: ref('apiKey'),
          appKeySecretRef: ref('appKey'),
        },
      },
      secrets: keys,
    });
    return { server, access };
  },
  throttled: {
    status: 429,
    body: { errors: ['Too many requests'] },
    headers: { 'x-ratelimit-limit': '300', 'x-ratelimit-period': '3600', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1200' },
  },
  partial: [{ status: 200, body: { data: [], meta: { status: 'timeout' } } }],
  calls: /^GET \/api\/v2\/spans\/events$/,
  garbled: { reason: 'InvalidSpan', message: expect.stringContaining('unreadable span AYkG') },
  partly: /15 minutes.*retention filter/,
  troubles: [
    {
      name: 'neither key',
      reason: 'MissingCredential',
      says: /API key \(key apiKey of Secret datadog-keys\) and the application key \(key appKey of Secret datadog-keys\)/,
      shows: 'probe',
      access: withSecrets({}),
    },
    {
      name: 'no application key',
      reason: 'MissingCredential',
      says: /application key \(key appKey of Secret datadog-keys\) is not there/,
      shows: 'probe',
      access: withSecrets({ 'datadog-keys': { apiKey: datadogKeys.apiKey } }),
    },
    {
      name: 'an API key of another site',
      reason: 'InvalidToken',
      says: /API key at site eu1/,
      shows: 'probe',
      access: withSecrets({ 'datadog-keys': { ...datadogKeys, apiKey: 'd'.repeat(32) } }),
    },
    {
      name: 'an application key that may not read spans',
      reason: 'AccessDenied',
      says: /apm_read/,
      shows: 'probe',
      access: withSecrets({ 'datadog-keys': { ...datadogKeys, appKey: blindAppKey } }),
    },
    {
      name: 'an answer without data that is no answer of Datadog',
      reason: 'StoreProtocolError',
      shows: 'open',
      faults: [{ status: 200, body: { data: 'none' } }],
    },
  ],
};
